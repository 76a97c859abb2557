"""MikroTik RouterOS 6.43 to 7.2x over its API: a thin session that any mixture of methods on one router shares."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from network.drivers.base import (
    Account,
    Accounts,
    Address,
    Deed,
    Driver,
    Identity,
    Key,
    Listener,
    Outcome,
    Session,
    Setup,
    Snapshot,
    Step,
    Survey,
    Wanted,
)
from network.drivers.mikrotik.answers import is_menu_missing, trap_error
from network.drivers.mikrotik.connection import Answer, Connection, Sentence
from network.drivers.mikrotik.deeds import do_deed
from network.drivers.mikrotik.methods import IMPLIED, METHODS
from network.drivers.mikrotik.methods.base import Refusal, View, refuse
from network.drivers.mikrotik.surveying import survey_of, survey_reads
from network.drivers.mikrotik.tables import Read, Tables, merged


class MikroTik(Driver):
    """The driver."""

    def open(self, address: Address, *, deadline_s: float, listener: Listener) -> Session:
        """Connect and sign in. Raises DriverError."""
        return MikroTikSession(Connection.open(address, deadline_s=deadline_s, listener=listener), address.setup)


@dataclass(frozen=True)
class Reading(Snapshot):
    """A snapshot with the rows it was made of, which the steps need."""

    tables: Tables = field(default_factory=Tables, repr=False, compare=False)


class MikroTikSession(Session):
    """See network.drivers.base.Session."""

    def __init__(self, connection: Connection, setup: Setup) -> None:
        self._connection = connection
        self._setup = setup
        # Menus this router was found to lack: not asked for again.
        self._absent: set[str] = set()

    def identify(self, *, deadline_s: float) -> Identity:
        """Read identity and resource; the latency is that of one small exchange."""
        ends = time.monotonic() + deadline_s
        started = time.monotonic()
        name = self._ask([Sentence("/system/identity", "print")], deadline_s)[0].rows
        latency_ms = (time.monotonic() - started) * 1000
        resource = self._ask([Sentence("/system/resource", "print")], ends - time.monotonic())[0].rows
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
        """A few bulk prints joined here, or prints by key, and a second set for what only their answers ask for."""
        if wanted is None:
            return self._observe_all(deadline_s)
        ends = time.monotonic() + deadline_s
        view = self._view()
        known = [(METHODS[one.key.kind], one) for one in wanted if one.key.kind in METHODS]
        self._read(view, [read for method, one in known for read in method.single(one, self._setup)], deadline_s)
        more = [read for method, one in known for read in method.more(view, one)]
        if more:
            self._read(view, more, ends - time.monotonic())
        accounts: dict[Key, Account] = {}
        for method, one in known:
            account = method.account(view, one.key.name, one.server)
            if account is not None:
                accounts[one.key] = account
        return Reading(Accounts(accounts, IMPLIED), complete=False, tables=view.tables)

    def _observe_all(self, deadline_s: float) -> Snapshot:
        view = self._view()
        kinds = sorted({kind for kind, _cut_by in self._setup.kinds} & METHODS.keys())
        self._read(view, [read for kind in kinds for read in METHODS[kind].bulk(self._setup)], deadline_s)
        accounts: dict[Key, Account] = {}
        for kind in kinds:
            for name in METHODS[kind].names(view):
                account = METHODS[kind].account(view, name)
                if account is not None:
                    accounts[account.key] = account
        return Reading(Accounts(accounts, IMPLIED), complete=True, tables=view.tables)

    def steps(self, snapshot: Snapshot, wanted: Sequence[Wanted]) -> list[Step]:
        """Return the writes of each method for what differs."""
        view = self._view(snapshot.tables if isinstance(snapshot, Reading) else None)
        steps: list[Step] = []
        for one in wanted:
            method = METHODS.get(one.key.kind)
            if method is None:
                steps.append(refuse(one, _("Un MikroTik no tiene accesos de este tipo.")))
            else:
                steps.extend(method.steps(view, one))
        return steps

    def perform(self, steps: Sequence[Step], *, deadline_s: float) -> list[Outcome]:
        """Send a chunk together; what is refused here is not sent."""
        sentences = [step.call for step in steps if isinstance(step.call, Sentence)]
        answers = iter(self._connection.ask(sentences, deadline_s=deadline_s) if sentences else ())
        return [_outcome(step, next(answers) if isinstance(step.call, Sentence) else None) for step in steps]

    def survey(self, *, deadline_s: float, secrets: bool = False) -> Survey:
        """Read every menu that matters and exists, in one set of bulk prints."""
        view = self._view()
        self._read(view, survey_reads(secrets=secrets), deadline_s)
        return survey_of(view)

    def do(self, deed: Deed, *, deadline_s: float) -> str:
        """Carry out a deed. See network.drivers.mikrotik.deeds."""
        return do_deed(self._connection, deed, deadline_s=deadline_s)

    def close(self) -> None:
        """Say goodbye; never raises."""
        self._connection.close()

    def abort(self) -> None:
        """Break the connection from another thread."""
        self._connection.abort()

    def _view(self, tables: Tables | None = None) -> View:
        return View(tables if tables is not None else Tables(absent=self._absent), self._setup)

    def _read(self, view: View, reads: Iterable[Read], deadline_s: float) -> None:
        wanted = [read for read in merged(reads) if read.menu not in self._absent]
        sentences = [(read, sentence) for read in wanted for sentence in read.sentences()]
        answers = self._ask([sentence for _read, sentence in sentences], deadline_s)
        for (read, _sentence), answer in zip(sentences, answers, strict=True):
            if answer.trap is None:
                view.tables.put(read.menu, answer.rows)
            else:
                self._absent.add(read.menu)

    def _ask(self, sentences: Sequence[Sentence], deadline_s: float) -> list[Answer]:
        answers = self._connection.ask(sentences, deadline_s=deadline_s)
        for sentence, answer in zip(sentences, answers, strict=True):
            if answer.trap is None or (sentence.optional and is_menu_missing(answer.trap)):
                continue
            # What cannot be read whole must not be acted on.
            self.close()
            raise trap_error(answer.trap, answer.category)
        return answers


def _outcome(step: Step, answer: Answer | None) -> Outcome:
    if answer is None:
        return Outcome(step, step.call.message if isinstance(step.call, Refusal) else "", permanent=True)
    if answer.trap is None or (isinstance(step.call, Sentence) and answer.trap.startswith(step.call.forgives or "\0")):
        return Outcome(step)
    error = trap_error(answer.trap, answer.category)
    return Outcome(step, error.message, error.permanent)
