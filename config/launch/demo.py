"""bin/demo: set everything up and run the product behind one address.

    bin/demo [--port N] [--fresh]
    bin/demo --story [--router HOST:PORT --router-user USER --router-password-env VARIABLE]

The database, the queue, the keys and the logs live in .data/demo and are kept between starts. Not a place
for a provider's data: no backup, no TLS, passwords that everyone knows.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import http.client
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg

from config.launch.children import CannotStart, free_port
from config.launch.environment import new_folder_environment
from config.launch.front import listening_sockets
from config.launch.places import ROOT, data_folder, remove_server_folder
from config.launch.processes import PROCESSES, by_name
from config.launch.servers import Servers, start_servers, throw_away_database
from config.launch.supervisor import Child, Supervisor
from desk.demo.world import GATEWAYS, PASSWORD, PLATFORM_STAFF, PROVIDERS, ROUTER_USER, World, router_names

_FIRST_PORT = 8000
_PORTS = 100
_READY_SECONDS = 240  # a busy machine starts ten processes slowly


class Stage:
    """Shows what is being done and how long it took."""

    def __init__(self) -> None:
        self.began = time.monotonic()

    def say(self, text: str) -> None:
        """Write a line at once."""
        sys.stdout.write(text + "\n")
        sys.stdout.flush()

    @contextlib.contextmanager
    def step(self, what: str) -> Iterator[None]:
        """Show `what`, and its seconds when it is done."""
        began = time.monotonic()
        sys.stdout.write(f"  {what} ... ")
        sys.stdout.flush()
        try:
            yield
        except BaseException:
            sys.stdout.write("failed\n")
            raise
        self.say(f"{time.monotonic() - began:.1f} s")


def main(arguments: list[str]) -> int:
    """Run the demo or the story; return the exit code."""
    options = _options(arguments)
    stage = Stage()
    try:
        return _story(options, stage) if options.story else _demo(options, stage)
    except (CannotStart, psycopg.Error) as error:
        stage.say(f"\n{error}")
        return 1
    except subprocess.CalledProcessError as error:
        stage.say(f"\n{' '.join(map(str, error.cmd[1:]))} failed; what it said is above.")
        return 1
    except KeyboardInterrupt:
        stage.say("\nstopped")
        return 130


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/demo", description="Set everything up and run Enlace on this machine.")
    parser.add_argument("--port", type=int, help=f"the port people use (default: {_FIRST_PORT}, or the next free one)")
    parser.add_argument("--fresh", action="store_true", help="throw the demo's data away and start over")
    parser.add_argument(
        "--story", action="store_true", help="the main job from a list to a restored service, without a browser"
    )
    parser.add_argument(
        "--customers", type=int, metavar="N", help="with --story: only so many customers a provider, for a quick run"
    )
    parser.add_argument(
        "--router", metavar="HOST:PORT", help="with --story: a router of your own instead of a simulated one"
    )
    parser.add_argument("--router-user", metavar="USER")
    parser.add_argument("--router-password-env", metavar="VARIABLE", help="the variable that holds its password")
    return parser.parse_args(arguments)


def _demo(options: argparse.Namespace, stage: Stage) -> int:
    folder = data_folder() / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    with _only_one(folder):
        if options.fresh:
            _forget(folder)
        port = _choose_port(options.port)
        stage.say("Enlace demo")
        supervisor, environment = _set_up(folder, port, stage, logs=folder / "logs")
        try:
            with stage.step("starting web, live, workers, network and scheduler"):
                supervisor.start()
                _wait_until_ready(supervisor, port)
            if not supervisor.asked_to_stop:
                _manage("demo_chats", f"--world={folder / 'world.json'}", environment=environment)
                _welcome(stage, port, folder)
            supervisor.watch()
        finally:
            stage.say("\nstopping ...")
            supervisor.stop()
    stage.say("stopped; bin/demo continues where you left off")
    return 0


def _story(options: argparse.Namespace, stage: Stage) -> int:
    passed = [
        f"--{name.replace('_', '-')}={value}"
        for name in ("router", "router_user", "router_password_env")
        if (value := getattr(options, name))
    ]
    with tempfile.TemporaryDirectory(prefix="enlace-story-") as name, contextlib.ExitStack() as cleaning:
        folder = Path(name)
        folder.chmod(0o711)  # as root PostgreSQL runs as nobody and must be able to walk in
        if given := os.environ.get("DATABASE_URL"):
            os.environ["DATABASE_URL"] = cleaning.enter_context(throw_away_database(given))
            cleaning.callback(os.environ.__setitem__, "DATABASE_URL", given)
        # The logs outlive the story: they are what tells why one failed.
        logs = data_folder() / "story-logs"
        shutil.rmtree(logs, ignore_errors=True)
        supervisor, environment = _set_up(
            folder, free_port(), stage, logs=logs, story=True, customers=options.customers
        )
        try:
            supervisor.start()
            command = [sys.executable, "-m", "manage", "story", f"--world={folder / 'world.json'}", *passed]
            story = subprocess.Popen(command, cwd=ROOT, env=environment, process_group=0)
            supervisor.watch(until=lambda: story.poll() is not None)
            if story.poll() is None:
                story.kill()
                return 130
            if story.returncode:
                stage.say(f"What the processes said is in {logs}")
            return story.returncode
        finally:
            supervisor.stop()


def _set_up(
    folder: Path, port: int, stage: Stage, *, logs: Path, story: bool = False, customers: int | None = None
) -> tuple[Supervisor, dict[str, str]]:
    """Start the servers, migrate, seed; return a supervisor with its children not yet started.

    The story founds its own providers: it only needs the files its simulators start from.
    """
    with stage.step("starting PostgreSQL and Valkey"):
        servers = start_servers(folder)
    try:
        ports = [free_port() for _ in router_names()]
        world = World.plan(folder, web=port, messaging_port=free_port(), router_ports=ports, customers=customers)
        world.gateway_ports = {kind: free_port() for kind in GATEWAYS} if not story else {}
        world.uisp_port = free_port() if not story else 0
        world.site_port = free_port() if not story else 0
        world.write(folder / "world.json")
        environment = _environment(folder, servers, world)
        with stage.step("preparing the database"):
            _manage("migrate_schemas", "--verbosity=0", environment=environment)
        if not story:
            stage.say("  preparing the two providers (some seconds the first time)")
        only = ["--files-only"] if story else []
        _manage("demo_seed", f"--world={folder / 'world.json'}", *only, environment=environment)
    except BaseException:
        for server in reversed(servers.ours):
            server.stop()
        raise
    supervisor = Supervisor(_children(logs, world, environment), servers.ours, stage.say)
    supervisor.heed_signals()
    return supervisor, environment


def _environment(folder: Path, servers: Servers, world: World) -> dict[str, str]:
    return new_folder_environment(folder) | {
        "DATABASE_URL": servers.database_url,
        "REDIS_URL": servers.redis_url,
        "ENLACE_PUBLIC_PORT": str(world.web),
        "ENLACE_TWILIO_API_BASE": f"http://127.0.0.1:{world.messaging_port}",
        "ENLACE_GATEWAY_API_BASES": ",".join(
            f"{kind}=http://localhost:{port}" for kind, port in world.gateway_ports.items()
        ),
        "ENLACE_ROUTER_EXCEPTIONS": ",".join(world.reachable()),
        "ENLACE_PHONE_URL": f"http://localhost:{world.messaging_port}/phone/",
    }


def _children(logs: Path, world: World, environment: dict[str, str]) -> list[Child]:
    """The simulators, every process of the product, and the front before them."""
    ports = {process.name: free_port() for process in PROCESSES if process.port}
    commands: dict[str, list[str]] = {
        f"router-{place.provider}-{place.name}": [
            "simulators.routeros", f"--port={place.port}", f"--state={place.state}", f"--identity={place.name}",
            f"--user={ROUTER_USER}", f"--password={place.password}", "--churn-s=30",
        ]
        for place in world.routers
    }  # fmt: skip
    commands["messaging"] = [
        "simulators.twilio",
        f"--port={world.messaging_port}",
        f"--config={world.messaging_config}",
    ]
    if world.uisp_port:
        commands |= {f"uisp-{provider.slug}": provider.uisp_words(world) for provider in PROVIDERS if provider.uisp}
    if world.site_port:
        commands["own-site"] = ["simulators.own_site", f"--port={world.site_port}", f"--config={world.site_file()}"]
    for kind, number in world.gateway_ports.items():
        file = world.gateway_file(kind)
        commands[f"gateway-{kind}"] = ["simulators.run_gateway", kind, f"--port={number}", f"--config={file}"]
    for process in PROCESSES:
        commands[process.name] = by_name(process.name).arguments(host="127.0.0.1", port=ports.get(process.name))
    upstreams = [f"--{name}=127.0.0.1:{ports[name]}" for name in ("web", "live")]
    commands["front"] = ["config.launch.front", f"--port={world.web}", *upstreams]
    return [Child(name, words, environment, logs / f"{name}.log") for name, words in commands.items()]


def _manage(*arguments: str, environment: dict[str, str]) -> None:
    subprocess.run([sys.executable, "-m", "manage", *arguments], cwd=ROOT, env=environment, check=True)


def _wait_until_ready(supervisor: Supervisor, port: int) -> None:
    """Look after the children until the whole way to the database answers. Raises CannotStart when it does not."""
    deadline = time.monotonic() + _READY_SECONDS
    ready = False

    def answered() -> bool:
        nonlocal ready
        ready = _healthy(port)
        return ready or time.monotonic() > deadline

    supervisor.watch(until=answered)
    if not ready and not supervisor.asked_to_stop:
        logs = supervisor.children[0].log.parent
        raise CannotStart(f"The pages did not answer within {_READY_SECONDS} s. The reason is in {logs}.")


def _healthy(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/health", headers={"Host": f"localhost:{port}"})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _welcome(stage: Stage, port: int, folder: Path) -> None:
    lines = ["", f"Ready after {time.monotonic() - stage.began:.0f} s.", ""]
    for provider in PROVIDERS:
        lines += [f"  {provider.name}: http://{provider.slug}.localhost:{port}"]
        lines += [f"      {person.email:<28} {person.name} ({person.role})" for person in provider.staff]
    lines += [f"  Platform: http://localhost:{port}", f"      {PLATFORM_STAFF.email}"]
    lines += [f"  Password of all of them: {PASSWORD}", ""]
    lines += [f"  A customer's phone (simulated WhatsApp): {_phone(folder)}"]
    site = World.read(folder / "world.json").site_port
    lines += [f"  A provider's own site, with its chat: http://localhost:{site}/{PROVIDERS[0].slug}/"]
    lines += [f"  Logs: {folder / 'logs'}", "", "Ctrl+C stops everything."]
    stage.say("\n".join(lines))


def _phone(folder: Path) -> str:
    return f"http://localhost:{World.read(folder / 'world.json').messaging_port}/phone/"


def _choose_port(wanted: int | None) -> int:
    """The wanted port, or the first free one from 8000. Raises CannotStart when there is none."""
    for port in [wanted] if wanted else range(_FIRST_PORT, _FIRST_PORT + _PORTS):
        try:
            sockets = listening_sockets(port)
        except OSError:
            continue
        for one in sockets:
            one.close()
        return port
    raise CannotStart(f"Port {wanted} is taken." if wanted else "No free port; name one with --port.")


@contextlib.contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Hold the folder. Raises CannotStart when another demo runs on it."""
    with (folder / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            raise CannotStart(f"The demo already runs on {folder} (process {lock.read().strip()}).") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _forget(folder: Path) -> None:
    """Delete the demo's data, the lock that we hold excepted."""
    remove_server_folder(folder / "postgres")
    for path in folder.iterdir():
        if path.is_dir():
            remove_server_folder(path)
        elif path.name != "lock":
            path.unlink()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
