"""Signing in, both ways: in one step since 6.43, and by challenge before."""

from __future__ import annotations

import hashlib
import secrets

from .commands import Command
from .faults import Faults
from .router import Router
from .traps import Trap

_WORDS_BEFORE_LOGIN = 16
_SENTENCES_BEFORE_LOGIN = 8


class Login:
    """Who is on a connection. `rights` are the user's policies, None until signed in."""

    def __init__(self, router: Router, faults: Faults, peer: str) -> None:
        self._router = router
        self._faults = faults
        self._peer = peer
        self._challenge: bytes | None = None
        self._attempts = 0
        self._row_id = ""
        self._name = ""
        self.rights: frozenset[str] | None = None

    def is_flooded(self, command: Command) -> bool:
        """Whether this is more than a router takes from a stranger."""
        self._attempts += 1
        too_big = len(command.arguments) > _WORDS_BEFORE_LOGIN
        return self.rights is None and (too_big or self._attempts > _SENTENCES_BEFORE_LOGIN)

    def attempt(self, command: Command) -> str | None:
        """Take a `/login`; returns the challenge where one is due. Raises Trap when refused."""
        name = command.arguments.get("name")
        if name is None or not (self._router.plain_login() or "response" in command.arguments):
            # Before 6.43 a login in clear is taken for the first half of the challenge.
            self._challenge = secrets.token_bytes(16)
            return self._challenge.hex()
        account = None if self._faults.reject_logins else self._router.account(name, self._peer)
        if account is None or not self._proves(command, account[0]) or "api" not in account[1]:
            self._router.log("system,error,critical", f"login failure for user {name} from {self._peer} via api")
            raise Trap("invalid user name or password (6)" if self._router.plain_login() else "cannot log in")
        self.rights = account[1]
        self._note(name)
        return None

    def _proves(self, command: Command, password: str) -> bool:
        if "response" not in command.arguments:
            return command.arguments.get("password", "") == password
        if self._challenge is None:
            return False
        digest = hashlib.md5(b"\x00" + password.encode() + self._challenge, usedforsecurity=False).hexdigest()
        self._challenge = None
        return command.arguments["response"] == "00" + digest

    def _note(self, name: str) -> None:
        self.end()
        row = {"name": name, "address": self._peer, "via": "api", "when": self._router.date_and_time()}
        self._row_id = self._router.tables["/user/active"].add(row, trusted=True)[".id"]
        self._name = name
        self._router.log("system,info,account", f"user {name} logged in from {self._peer} via api")

    def end(self) -> None:
        """The connection is gone."""
        if not self._row_id:
            return
        table = self._router.tables["/user/active"]
        row = table.find(self._row_id)
        if row is not None:
            table.remove(row)
        self._row_id = ""
        self._router.log("system,info,account", f"user {self._name} logged out from {self._peer} via api")
