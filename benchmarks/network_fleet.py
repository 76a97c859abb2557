"""Simulated routers by the dozen in a process of their own, told what to do by lines of JSON.

python -m benchmarks.network_fleet FIRST ROUTERS ACCOUNTS LATENCY_MS
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulators.routeros.engine import Config, Engine, Received

ROOT = Path(__file__).resolve().parent.parent
USER, PASSWORD = "enlace", "medicion"
PROCESSES = 2


def user_name(router: int, number: int) -> str:
    """The PPPoE user `number` of router `router`."""
    return f"u{router:03d}-{number:03d}@red"


# The process


class _Simulated:
    """One router: counts what changes it, and notes when each user was enabled."""

    def __init__(self, number: int, accounts: int, latency_ms: float) -> None:
        secrets = [{"name": user_name(number, n), "password": "x", "profile": "default"} for n in range(accounts)]
        self.engine = Engine(
            Config(
                identity=f"RB-{number:03d}",
                user=USER,
                password=PASSWORD,
                secrets=secrets,
                latency_ms=latency_ms,
                redial_s=0.05,
                boot_s=0.1,
            )
        )
        self.router = self.engine.router
        self.writes = 0
        self.enabled_at: dict[str, float] = {}
        self.engine.on_sentence = self._note

    def _note(self, note: Received) -> None:
        if not note.is_write:
            return
        self.writes += 1
        if note.words[0].startswith("/ppp/secret/") and "=disabled=no" in note.words:
            reference = next(word[5:] for word in note.words if word.startswith("=.id="))
            row = self.router.secrets.find(reference)
            if row is not None:
                self.enabled_at[row["name"]] = note.at

    def restore(self) -> None:
        self.enabled_at.clear()
        for row in self.router.secrets:
            if row["disabled"] == "true":
                self.router.secrets.change(row, {"disabled": "no"})

    def counts(self) -> dict[str, int]:
        return {
            "writes": self.writes,
            "disabled": sum(row["disabled"] == "true" for row in self.router.secrets),
            "online": len(self.router.active),
        }


class _Process:
    """The routers of this process and what can be asked of them."""

    def __init__(self, simulated: dict[int, _Simulated]) -> None:
        self._simulated = simulated

    async def answer(self, given: dict[str, Any]) -> Any:
        match given["do"]:
            case "counts":
                each = [one.counts() for one in self._simulated.values()]
                return {name: sum(counts[name] for counts in each) for name in each[0]}
            case "restore":
                for one in self._simulated.values():
                    one.restore()
                return {}
            case "enabled":
                return {name: at for one in self._simulated.values() for name, at in one.enabled_at.items()}
            case "fault":
                for number in given["routers"]:
                    if number in self._simulated:
                        engine = self._simulated[number].engine
                        engine.faults.update(given["faults"])
                        await engine.apply_faults()
                        engine.drop()
                return {}
            case other:
                raise ValueError(other)


async def _serve(first: int, routers: int, accounts: int, latency_ms: float) -> None:
    simulated = {number: _Simulated(number, accounts, latency_ms) for number in range(first, first + routers)}
    for one in simulated.values():
        await one.engine.open()
    process, loop = _Process(simulated), asyncio.get_running_loop()
    ended = asyncio.Event()

    def listen() -> None:
        for line in sys.stdin:
            said = asyncio.run_coroutine_threadsafe(process.answer(json.loads(line)), loop).result()
            _say(said)
        loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=listen, daemon=True).start()
    _say({number: one.engine.port for number, one in simulated.items()})
    await ended.wait()


def _say(what: Any) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


# Whoever measures


@dataclass(frozen=True)
class Fleet:
    """All routers, whatever process they are in. `ports` by number of router."""

    ports: dict[int, int]
    accounts: int
    processes: Sequence[subprocess.Popen[str]]

    def counts(self) -> dict[str, int]:
        """Sentences that changed something so far, users disabled and users online now."""
        each = self._ask({"do": "counts"})
        return {name: sum(counts[name] for counts in each) for name in each[0]}

    def restore(self) -> None:
        """Enable everybody by hand and wait until they are online."""
        self._ask({"do": "restore"})
        while self.counts()["online"] < len(self.ports) * self.accounts:
            time.sleep(0.05)

    def enabled(self) -> dict[str, float]:
        """When (monotonic) the sentence that enables a user arrived, by user, since everybody was last restored."""
        return {name: at for answer in self._ask({"do": "enabled"}) for name, at in answer.items()}

    def break_routers(self, routers: Sequence[int], **faults: bool) -> None:
        """Give these routers standing faults and drop their connections."""
        self._ask({"do": "fault", "routers": list(routers), "faults": faults})

    def _ask(self, what: dict[str, Any]) -> list[Any]:
        for process in self.processes:
            assert process.stdin is not None
            process.stdin.write(json.dumps(what) + "\n")
            process.stdin.flush()
        return [_heard(process) for process in self.processes]


def _heard(process: subprocess.Popen[str]) -> Any:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError("a process of simulated routers ended")
    return json.loads(line)


@contextmanager
def fleet(*, routers: int, accounts: int, latency_ms: float = 50.0) -> Iterator[Fleet]:
    """Run so many routers of so many users each, every sentence delayed from its arrival."""
    each = routers // PROCESSES
    with ExitStack() as stack:
        processes = [
            stack.enter_context(
                spoken_to("benchmarks.network_fleet", str(turn * each), str(each), str(accounts), str(latency_ms))
            )
            for turn in range(PROCESSES)
        ]
        ports = {int(number): port for process in processes for number, port in _heard(process).items()}
        running = Fleet(ports, accounts, processes)
        running.restore()
        yield running


@contextmanager
def spoken_to(module: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A Python process that hears lines and says lines; it ends when it hears no more."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait(timeout=20)
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])))
