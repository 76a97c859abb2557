"""Try a router before trusting it: reach it, sign in, read what it has."""

from __future__ import annotations

from dataclasses import dataclass

from network.domain.planning import target_of
from network.drivers.base import DriverError, Exchange, Identity
from network.drivers.registry import DRIVERS
from network.models import Router

DEADLINE_S = 6.0


@dataclass(frozen=True)
class Trial:
    """What came of it: who answered and how many accounts it has, or what is wrong in a sentence."""

    identity: Identity | None = None
    accounts: int = 0
    online: int = 0
    error: str = ""

    @property
    def ok(self) -> bool:
        """Whether the router can be worked with."""
        return not self.error


def try_connection(router: Router) -> Trial:
    """Reach a router (saved or not, its password sealed), sign in and read it; it is not changed."""
    target = target_of(router)
    session = None
    try:
        session = DRIVERS[router.kind].open(target.address, deadline_s=DEADLINE_S, listener=_forget)
        identity = session.identify(deadline_s=DEADLINE_S)
        snapshot = session.observe(None, deadline_s=DEADLINE_S)
    except DriverError as error:
        return Trial(error=error.message)
    finally:
        if session is not None:
            session.close()
    accounts = snapshot.accounts.values()
    return Trial(identity, len(accounts), sum(bool(account.lives) for account in accounts))


def _forget(_exchange: Exchange) -> None:
    """A trial is not logged: the router may not exist here yet."""
