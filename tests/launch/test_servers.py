"""The embedded servers: right for Spanish, closed to strangers, and gone when whoever started them is gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.launch.children import answers, free_port, reserve_port
from config.launch.embedded_postgres import EmbeddedPostgres
from config.launch.embedded_redis import EmbeddedRedis
from config.launch.places import ROOT, remove_server_folder


@pytest.fixture(scope="module")
def folder():
    with tempfile.TemporaryDirectory(prefix="enlace-servers-") as name:
        path = Path(name)
        path.chmod(0o711)
        yield path
        remove_server_folder(path / "postgres")


@pytest.fixture(scope="module")
def postgres(folder):
    with EmbeddedPostgres(folder / "postgres", durable=True) as server:
        yield server


def ask(postgres, question):
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        return connection.execute(question).fetchone()[0]


def test_case_is_right_beyond_ascii(postgres):
    assert ask(postgres, "SELECT upper('muñoz ávila')") == "MUÑOZ ÁVILA"


def test_the_extensions_we_need_are_there(postgres):
    wanted = {"btree_gist", "pg_trgm", "unaccent"}
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        rows = connection.execute("SELECT name FROM pg_available_extensions").fetchall()
    assert wanted <= {row[0] for row in rows}


def test_durable_means_fsync(postgres):
    assert ask(postgres, "SHOW fsync") == "on"
    assert ask(postgres, "SHOW synchronous_commit") == "on"
    assert int(ask(postgres, "SHOW max_locks_per_transaction")) >= 512


def test_it_does_not_run_as_root(postgres):
    pid = int((postgres.data / "postmaster.pid").read_text().split()[0])
    uid = int(
        next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("Uid:")).split()[
            1
        ]
    )
    assert uid != 0


def test_others_on_this_machine_need_the_password(postgres):
    stranger = f"postgresql://enlace:wrong@127.0.0.1:{postgres.port}/postgres"
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(stranger)
    assert (postgres.folder / "password").stat().st_mode & 0o077 == 0


def test_data_survives_a_stop_and_another_port(folder):
    first = EmbeddedPostgres(folder / "kept", durable=False)
    first.start()
    with psycopg.connect(first.url("postgres"), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 'aquí' AS word")
    first.stop()
    assert not answers(first.port)
    with EmbeddedPostgres(folder / "kept", durable=False) as second:
        assert second.port != first.port
        assert ask(second, "SELECT word FROM kept") == "aquí"


def test_redis_needs_its_password_and_has_room_for_every_worker(tmp_path):
    with EmbeddedRedis(tmp_path / "valkey.log") as server:
        assert redis.Redis.from_url(server.url(63)).ping()
        with (
            redis.Redis(port=server.port, retry=Retry(NoBackoff(), 0)) as stranger,
            pytest.raises(redis.AuthenticationError),
        ):
            stranger.ping()
        process = server._process
        assert not any(server._password in word for word in process.args if isinstance(word, str))
    assert not answers(server.port)


def test_a_reserved_port_is_not_given_twice():
    with reserve_port() as holder:
        assert all(free_port() != holder.getsockname()[1] for _ in range(50))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
@pytest.mark.parametrize("server", ["EmbeddedPostgres(path / 'orphan', durable=False)", "EmbeddedRedis(path / 'log')"])
def test_a_launcher_killed_with_9_takes_its_server_along(folder, server):
    program = f"""
import time
from pathlib import Path
from config.launch.embedded_postgres import EmbeddedPostgres
from config.launch.embedded_redis import EmbeddedRedis
path = Path({str(folder)!r})
server = {server}
server.start()
print(server.port, flush=True)
time.sleep(60)
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, env=environment) as launcher:
        port = int(launcher.stdout.readline())
        assert answers(port)
        launcher.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 10
    while answers(port) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not answers(port)
