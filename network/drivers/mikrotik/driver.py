"""PPPoE accounts of a MikroTik: what to read, what to write, and in which order."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence

from network.drivers.base import (
    Account,
    Address,
    Deed,
    Driver,
    Found,
    Identity,
    Key,
    Listener,
    Live,
    Outcome,
    Session,
    Snapshot,
    Step,
    Survey,
    Wanted,
)
from network.drivers.mikrotik.answers import trap_error
from network.drivers.mikrotik.connection import Connection, Row, Sentence
from network.drivers.mikrotik.deeds import do_deed

SECRETS, ACTIVE = "/ppp/secret", "/ppp/active"
# Without .proplist a print computes every property, counters included.
_SECRET = {".proplist": ".id,name,disabled,profile,remote-address,comment"}
_ACTIVE = {".proplist": ".id,name,address,uptime,caller-id"}
_UNITS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}
ENABLE, DISABLE, KICK = "enable", "disable", "kick"
PPPOE = "pppoe"


class MikroTik(Driver):
    """The driver."""

    def open(self, address: Address, *, deadline_s: float, listener: Listener) -> Session:
        """Connect and sign in. Raises DriverError."""
        return MikroTikSession(Connection.open(address, deadline_s=deadline_s, listener=listener))


class MikroTikSession(Session):
    """See network.drivers.base.Session."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def identify(self, *, deadline_s: float) -> Identity:
        """Read identity and resource; the latency is that of one small exchange."""
        started = time.monotonic()
        name = self._read([Sentence("/system/identity", "print")], deadline_s)[0]
        latency_ms = (time.monotonic() - started) * 1000
        resource = self._read([Sentence("/system/resource", "print")], deadline_s)[0]
        row = resource[0] if resource else {}
        return Identity(
            identity=name[0].get("name", "") if name else "",
            version=row.get("version", ""),
            board=row.get("board-name", ""),
            uptime=row.get("uptime", ""),
            latency_ms=latency_ms,
            fingerprint=self._connection.fingerprint,
            resource=row,
        )

    def observe(self, wanted: Sequence[Wanted] | None, *, deadline_s: float) -> Snapshot:
        """Two bulk prints joined here, or two targeted ones for each name."""
        if wanted is None:
            secrets, active = self._read(
                [Sentence(SECRETS, "print", _SECRET), Sentence(ACTIVE, "print", _ACTIVE)], deadline_s
            )
            return Snapshot(_join(secrets, active), complete=True)
        found = self._read(
            [
                Sentence(path, "print", properties, (("name", one.key.name),), account=one.key)
                for one in wanted
                for path, properties in ((SECRETS, _SECRET), (ACTIVE, _ACTIVE))
            ],
            deadline_s,
        )
        secrets = [row for rows in found[0::2] for row in rows]
        active = [row for rows in found[1::2] for row in rows]
        return Snapshot(_join(secrets, active), complete=False)

    def steps(self, snapshot: Snapshot, wanted: Sequence[Wanted]) -> list[Step]:
        """Enable, or disable and kick every session: disabling alone leaves the customer online."""
        steps: list[Step] = []
        for one in wanted:
            account = snapshot.accounts.get(one.key)
            if account is None:
                continue
            if account.enabled != one.on:
                steps.append(Step(one.key, ENABLE if one.on else DISABLE, account.ref))
            if not one.on or one.kick:
                steps.extend(Step(one.key, KICK, live.ref) for live in account.lives)
        return steps

    def survey(self, *, deadline_s: float, secrets: bool = False) -> Survey:
        """Read the secrets and who is online."""
        properties = {".proplist": f"{_SECRET['.proplist']},password"} if secrets else _SECRET
        rows, active = self._read(
            [Sentence(SECRETS, "print", properties), Sentence(ACTIVE, "print", _ACTIVE)], deadline_s
        )
        online = {row["name"] for row in active}
        return Survey(tuple(_found(row, row["name"] in online) for row in rows))

    def perform(self, steps: Sequence[Step], *, deadline_s: float) -> list[Outcome]:
        """Send a chunk; a session that is already gone was kicked."""
        answers = self._connection.ask([_sentence(step) for step in steps], deadline_s=deadline_s)
        outcomes = []
        for step, answer in zip(steps, answers, strict=True):
            if answer.trap is None or (step.kind == KICK and answer.trap.startswith("no such item")):
                outcomes.append(Outcome(step))
            else:
                error = trap_error(answer.trap, answer.category)
                outcomes.append(Outcome(step, error.message, error.permanent))
        return outcomes

    def _read(self, sentences: Sequence[Sentence], deadline_s: float) -> list[Sequence[Row]]:
        answers = self._connection.ask(sentences, deadline_s=deadline_s)
        failed = next((answer for answer in answers if answer.trap is not None), None)
        if failed is not None:
            # What cannot be read whole must not be acted on.
            self.close()
            raise trap_error(failed.trap or "", failed.category)
        return [answer.rows for answer in answers]

    def do(self, deed: Deed, *, deadline_s: float) -> str:
        """Carry out a deed. See network.drivers.mikrotik.deeds."""
        return do_deed(self._connection, deed, deadline_s=deadline_s)

    def close(self) -> None:
        """Say goodbye; never raises."""
        self._connection.close()

    def abort(self) -> None:
        """Break the connection from another thread."""
        self._connection.abort()


def _sentence(step: Step) -> Sentence:
    if step.kind == KICK:
        return Sentence(ACTIVE, "remove", {".id": step.ref}, account=step.account)
    return Sentence(
        SECRETS, "set", {".id": step.ref, "disabled": "no" if step.kind == ENABLE else "yes"}, account=step.account
    )


def _join(secrets: Sequence[Row], active: Sequence[Row]) -> dict[Key, Account]:
    lives: dict[str, list[Live]] = {}
    for row in active:
        live = Live(row[".id"], row.get("address", ""), _seconds(row.get("uptime", "")), row.get("caller-id", ""))
        lives.setdefault(row["name"], []).append(live)
    return {Key(PPPOE, row["name"]): _account(row, tuple(lives.get(row["name"], ()))) for row in secrets}


def _account(row: Row, lives: tuple[Live, ...]) -> Account:
    return Account(
        row[".id"],
        Key(PPPOE, row["name"]),
        row.get("disabled") != "true",
        lives,
        profile=row.get("profile", ""),
        ip=row.get("remote-address", ""),
        comment=row.get("comment", ""),
    )


def _found(row: Row, is_online: bool) -> Found:
    return Found(
        Key(PPPOE, row["name"]),
        row[".id"],
        row.get("disabled") != "true",
        label=row["name"],
        ip=row.get("remote-address", ""),
        profile=row.get("profile", ""),
        comment=row.get("comment", ""),
        is_online=is_online,
        password=row.get("password", ""),
    )


def _seconds(uptime: str) -> int:
    """`1w2d3h4m5s` and the older `2d03:04:05` in seconds; 0 for anything else."""
    days, _, clock = uptime.rpartition("d") if ":" in uptime else ("", "", "")
    if clock:
        hours, minutes, seconds = (int(part) for part in clock.split(":"))
        whole = sum(int(count) * _UNITS[unit] for count, unit in re.findall(r"(\d+)([wd])", f"{days}d" if days else ""))
        return whole + hours * 3600 + minutes * 60 + seconds
    return sum(int(count) * _UNITS[unit] for count, unit in re.findall(r"(\d+)([wdhms])(?!s)", uptime))
