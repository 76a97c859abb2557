"""How the log of commands reads: a conversation with the router, each sentence in words and as it was sent."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.utils.translation import ngettext

from network.models import Command
from network.talk_routeros import Said, routeros_meaning
from network.talk_uisp import is_uisp, uisp_answer, uisp_meaning

# Drivers leave secrets out of what they log; whatever one forgets is not shown either.
_SECRETS = re.compile(
    r"((?:=|\?|\")(?:password|passphrase|secret|response|shared-secret|wpa2?-pre-shared-key|token|x-auth-token|"
    r"X-Auth-App-Key)(?:=|\"\s*:\s*\"))((?:(?!\s[=?.]|\"|\s·\s).)*)",
    re.IGNORECASE,
)
_WORD = re.compile(r"\s(?=[=?])")


@dataclass(frozen=True)
class Line:
    """One side of the talk with a router: what it means, what was really said, the answer in words and as it came."""

    command: Command
    meaning: str
    sentence: str
    answer: str
    reply: str


def talk(commands: Iterable[Command]) -> list[Line]:
    """Return commands given newest first as conversations: the latest on top, each read from its beginning."""
    passes = [list(group) for _batch, group in groupby(commands, key=lambda command: command.batch)]
    ordered = [command for group in passes for command in reversed(group)]
    return [_line(command) for command in ordered]


def mask_secrets(text: str) -> str:
    """Return a sentence or an answer without the values of its secrets."""
    return _SECRETS.sub(r"\1•••", text)


def _line(command: Command) -> Line:
    sentence, reply = mask_secrets(command.sentence), mask_secrets(command.reply)
    who = command.access.label if command.access else ""
    if is_uisp(sentence):
        meaning = uisp_meaning(sentence, who)
        answer = reply if not command.ok else uisp_answer(sentence, reply)
    else:
        said = _parse(sentence, who)
        meaning = routeros_meaning(said)
        answer = _answer(said, reply, ok=command.ok)
    return Line(command, meaning, sentence, answer, reply if _says_more(reply, answer) else "")


def _says_more(reply: str, answer: str) -> bool:
    """Whether the raw answer holds what its words leave out."""
    return reply.removeprefix("!trap ") != answer and reply != "!done"


def _parse(sentence: str, who: str) -> Said:
    head, *words = _WORD.split(sentence)
    menu, _slash, verb = head.rpartition("/")
    given: dict[str, str] = {}
    asked: dict[str, str] = {}
    for word in words:
        name, _equals, value = word[1:].partition("=")
        (given if word[0] == "=" else asked)[name.removeprefix(".")] = value
    named = asked.get("name") or asked.get("user") or asked.get("username") or asked.get("address")
    return Said(menu, verb, given, asked, who or named or given.get("name") or given.get("user") or "")


# Traps as people understand them, by what they hold.
_TRAPS: tuple[tuple[str, Promise], ...] = (
    ("no such item", _l("Eso ya no existe")),
    ("already have", _l("Ya lo tenía")),
    ("with the same name already exists", _l("Ya hay uno con ese nombre")),
    ("not enough permissions", _l("No tengo permiso para eso")),
    ("input does not match any value of profile", _l("No conozco ese perfil")),
    ("input does not match any value of server", _l("No conozco ese servidor")),
    ("input does not match any value of interface", _l("No conozco esa interfaz")),
    ("no such command", _l("No conozco esa orden en mi versión")),
    ("unknown parameter", _l("No conozco ese dato en mi versión")),
)


def _trap(reply: str) -> str:
    text = reply.removeprefix("!trap ")
    return next((str(said) for part, said in _TRAPS if part in text), text)


def _answer(said: Said, reply: str, *, ok: bool) -> str:
    if not ok:
        return _trap(reply)
    if reply in {"!done", "!empty"}:
        return _("Nada") if said.is_question else _("Hecho")
    many = re.fullmatch(r"!re \((\d+)\)", reply)
    if many:
        count = int(many[1])
        return ngettext("Aquí está: %(count)s renglón", "Aquí están: %(count)s renglones", count) % {"count": count}
    if reply.startswith("!re "):
        rows = [_row_words(row) for row in reply.split(" · ")]
        return "; ".join(row for row in rows if row) or _("Aquí está")
    return reply


def _row_words(row: str) -> str:
    """A row of an answer by what a person looks for in it."""
    values = dict(word[1:].partition("=")[::2] for word in _WORD.split(row)[1:])
    found = []
    if "disabled" in values:
        found.append(_("Deshabilitado") if values["disabled"] in {"true", "yes"} else _("Habilitado"))
    if values.get("blocked") == "true" or values.get("block-access") in {"true", "yes"}:
        found.append(_("bloqueado"))
    named = {
        "address": _("con %(value)s"),
        "profile": _("perfil %(value)s"),
        "max-limit": _("a %(value)s"),
        "rate-limit": _("a %(value)s"),
        "list": _("en la lista %(value)s"),
        "uptime": _("desde hace %(value)s"),
        "version": _("versión %(value)s"),
        "cpu-load": _("CPU al %(value)s %%"),
    }
    found += [words % {"value": values[name]} for name, words in named.items() if values.get(name)]
    text = ", ".join(found)
    return text[:1].upper() + text[1:]
