"""A UISP for tests, and sessions with it that are closed afterwards."""

from __future__ import annotations

import traceback
from collections.abc import Iterable

from network.drivers.base import ON, Address, Exchange, Key, Session, Wanted
from network.drivers.egress import pair
from network.drivers.uisp.crm import UispCrm
from network.drivers.uisp.nms import UispNms
from simulators.uisp import UispSimulator

PASSWORD, TOKEN, WRITE, READ = "muy-secreta-77", "t0ken-" + "t" * 26, "escribe-" + "w" * 24, "lee-" + "r" * 28


def simulate(**more: object) -> UispSimulator:
    """A UISP with its user, its token and both keys."""
    return UispSimulator(password=PASSWORD, token=TOKEN, write_key=WRITE, read_key=READ, **more)


def address_of(uisp: UispSimulator, **changes: object) -> Address:
    """Where it listens, with its user for the network side."""
    given = {"host": "127.0.0.1", "port": uisp.port, "username": "enlace", "password": PASSWORD, **changes}
    given.setdefault("exceptions", frozenset({pair(str(given["host"]), int(given["port"]))}))
    return Address(**given)


class Dialing:
    """Opens sessions with one driver of each side, and closes them all."""

    def __init__(self) -> None:
        self.nms_driver, self.crm_driver = UispNms(), UispCrm()
        self.log: list[Exchange] = []
        self._open: list[Session] = []

    def nms(self, uisp: UispSimulator, **changes: object) -> Session:
        """Sign in to the network side."""
        return self._keep(self.nms_driver.open(address_of(uisp, **changes), deadline_s=3, listener=self.log.append))

    def crm(self, uisp: UispSimulator, **changes: object) -> Session:
        """Use the CRM with its write key."""
        given = {"username": "", "password": WRITE, **changes}
        return self._keep(self.crm_driver.open(address_of(uisp, **given), deadline_s=3, listener=self.log.append))

    def _keep(self, session: Session) -> Session:
        self._open.append(session)
        return session

    def close(self) -> None:
        """Hang up everywhere."""
        while self._open:
            self._open.pop().close()


def site(name: object, state: str = ON, **more: object) -> Wanted:
    """What a site should be."""
    return Wanted(Key("uisp_site", str(name)), state, **more)


def service(name: object, state: str = ON, **more: object) -> Wanted:
    """What a service of the CRM should be."""
    return Wanted(Key("uisp_service", str(name)), state, **more)


def converge(session: Session, wanted: Iterable[Wanted], *, bulk: bool = False) -> list[str]:
    """Read, write the differences, and return what was written; what went wrong is in it."""
    wanted = list(wanted)
    snapshot = session.observe(None if bulk else wanted, deadline_s=5)
    outcomes = session.perform(session.steps(snapshot, wanted), deadline_s=5)
    return [outcome.error or outcome.step.kind for outcome in outcomes]


def everything_said(error: BaseException) -> str:
    """All that a log or an error reporter could print of an exception, its causes and contexts included."""
    said = "".join(traceback.format_exception(error))
    return f"{said} {error!r} {error.__cause__!r} {error.__context__!r}"
