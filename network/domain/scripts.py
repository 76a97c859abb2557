"""What a person pastes into a router's terminal before it is added: a user that may do what is needed, and no more."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field

from network.domain import rules
from network.domain.terminal import quoted

GROUP = "crm-api"
USER = "crm"
_POLICIES = ("api", "read", "write", "test")
# Easy to tell apart when read aloud, and without what a terminal takes for its own.
_LETTERS = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


@dataclass(frozen=True)
class Preparation:
    """What the script is to prepare. `comes_from` limits the user and the service to where we come from."""

    username: str
    password: str = field(repr=False)
    major: int = 7
    tls: str = ""
    port: int = 8728
    comes_from: str = ""
    reads_passwords: bool = True
    # The list whose members are cut; empty leaves the rules out.
    cut_list: str = ""


def new_password() -> str:
    """Return a random password of 24 letters and digits."""
    return "".join(secrets.choice(_LETTERS) for _ in range(24))


def script_for(wanted: Preparation) -> str:
    """Return the lines to paste, for RouterOS 6 or 7; pasted twice they change nothing more.

    Raises ValueError for a name or a password with control characters, which a terminal would obey.
    """
    return "\n".join(_lines(wanted)) + "\n"


def _lines(wanted: Preparation) -> Iterator[str]:
    policies = ",".join((*_POLICIES, "sensitive") if wanted.reads_passwords else _POLICIES)
    user, group = quoted(wanted.username), quoted(GROUP)
    limited = f" address={quoted(wanted.comes_from)}" if wanted.comes_from else ""
    yield from _made("/user group", group, f"policy={policies}")
    yield from _made("/user", user, f"group={group} password={quoted(wanted.password)}{limited}")
    yield from _service(wanted)
    if wanted.cut_list:
        yield from rules.script(cut_list=wanted.cut_list).splitlines()


def _made(menu: str, name: str, values: str) -> Iterator[str]:
    found = f"[{menu} find name={name}]"
    yield f":if ([:len {found}] = 0) do={{ {menu} add name={name} {values} }} else={{ {menu} set {found} {values} }}"


def _service(wanted: Preparation) -> Iterator[str]:
    certificate = ""
    if wanted.tls == "pinned":
        # Signed by itself: it is known by its fingerprint, which a person confirms.
        yield (
            ":if ([:len [/certificate find name=crm-api]] = 0) do={ /certificate add name=crm-api common-name=crm-api "
            "days-valid=3650 key-usage=digital-signature,key-encipherment,tls-server; /certificate sign crm-api; "
            ":delay 5s }"
        )
        certificate = " certificate=crm-api"
    elif wanted.tls == "anonymous":
        certificate = " certificate=none"
    name = "api-ssl" if wanted.tls else "api"
    # Late versions of 7 list live connections there, too.
    which = f"[find name={name} !dynamic]" if wanted.major >= 7 else name
    limited = f" address={quoted(wanted.comes_from)}" if wanted.comes_from else ""
    yield f"/ip service set {which} disabled=no port={wanted.port}{certificate}{limited}"
