"""What the sessions of both sides share: carrying out steps, and letting go."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from django.utils.translation import gettext as _

from network.drivers.base import OFF, Deed, Key, Outcome, Snapshot, Step, Wanted
from network.drivers.uisp.answers import status_error
from network.drivers.uisp.client import Call, Client, Reply


class UispSession:
    """See network.drivers.base.Session."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def perform(self, steps: Sequence[Step], *, deadline_s: float) -> list[Outcome]:
        """Carry out a chunk: what concerns one account in its order, several accounts at a time."""
        self._client.expire_in(deadline_s)
        by_account: dict[Key, list[tuple[int, Step]]] = {}
        for place, step in enumerate(steps):
            by_account.setdefault(step.account, []).append((place, step))
        done = self._client.each(self._carry_out, list(by_account.values()))
        outcomes = dict(pair for pairs in done for pair in pairs)
        return [outcomes[place] for place in range(len(steps))]

    def _carry_out(self, steps: list[tuple[int, Step]]) -> list[tuple[int, Outcome]]:
        return [(place, self._carry_out_one(step)) for place, step in steps]

    def _carry_out_one(self, step: Step) -> Outcome:
        if not isinstance(step.call, Call):
            return Outcome(step, str(step.call), permanent=True)
        if not self._client.has_time():
            return Outcome(step, _("No alcanzó el tiempo; se intenta de nuevo."))
        reply = self._client.send(step.call)
        if reply.ok:
            return Outcome(step)
        if reply.is_html or reply.status in {401, 403}:
            raise self._client.refusal(reply)
        return self._refused(step, reply)

    def _refused(self, step: Step, reply: Reply) -> Outcome:
        """A refusal may mean that it is so already: somebody else was quicker, or the answer got lost before."""
        if reply.status in {400, 409, 422} and self.is_done(step):
            return Outcome(step)
        error = status_error(reply.status, reply.body)
        return Outcome(step, error.message, error.permanent)

    @abstractmethod
    def is_done(self, step: Step) -> bool:
        """Whether what a step was to do is so, by reading it again. Raises DriverError."""

    def do(self, deed: Deed, *, deadline_s: float) -> str:
        """Keep off whoever a person does not want let through; nothing else is done but on accounts."""
        if deed.kind != "disable":
            return _("Este equipo no admite esa orden: %(kind)s.") % {"kind": deed.kind}
        kind, rows = str(deed.detail.get("method", "")), deed.detail.get("rows", [])
        wanted = [Wanted(Key(kind, str(row.get("name", ""))), OFF) for row in rows]
        steps = self.steps(self.observe(wanted, deadline_s=deadline_s), wanted)
        errors = [one.error for one in self.perform(steps, deadline_s=deadline_s) if one.error]
        if not errors and self.steps(self.observe(wanted, deadline_s=deadline_s), wanted):
            errors = [_("UISP no quedó como se le pidió.")]
        return " ".join(dict.fromkeys(errors))

    @abstractmethod
    def observe(self, wanted: Sequence[Wanted] | None, *, deadline_s: float) -> Snapshot:
        """Each side reads its own."""

    @abstractmethod
    def steps(self, snapshot: Snapshot, wanted: Sequence[Wanted]) -> list[Step]:
        """Each side writes its own."""

    def close(self) -> None:
        """Say goodbye; never raises."""
        self._client.close()

    def abort(self) -> None:
        """Break the connection from another thread."""
        self._client.abort()
