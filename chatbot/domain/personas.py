"""Personas: who a bot is, in versions. The newest is in force; bringing one back makes it the newest again."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from chatbot.models import Persona, PersonaVersion
from chatbot.models.personas import new_persona_key
from events.domain import Actor, record

KEY = re.compile(r"asst_[A-Za-z0-9_-]{1,70}")
LONGEST = 20_000  # letters of the instructions


class PersonaRefused(ValueError):
    """The persona cannot be kept; `field` is the one to look at."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


@transaction.atomic
def create_persona(
    *, name: str, instructions: str, actor: Actor, now: datetime, model: str = "", key: str | None = None
) -> Persona:
    """Store a persona with its first version. `key`: the id programs already know it by.

    Raises PersonaRefused for a name or a key that cannot be.
    """
    name = _checked(name, instructions)
    if key is not None and not KEY.fullmatch(key):
        raise PersonaRefused(_("Un asistente se llama asst_ y letras o números."), "assistant_id")
    if key is not None and Persona.objects.filter(key=key).exists():
        raise PersonaRefused(_("Ya hay un asistente con ese nombre."), "assistant_id")
    persona = Persona.objects.create(key=key or new_persona_key(), name=name, model=model.strip()[:80], created_at=now)
    _add_version(persona, instructions, actor=actor, now=now)
    record("persona.created", subject=persona, actor=actor, at=now, name=name)
    return persona


@transaction.atomic
def change_persona(
    *, persona_id: int, actor: Actor, now: datetime, name: str | None = None, instructions: str | None = None
) -> Persona:
    """Rename a persona or give it new words: other words are the next version, the same ones none.

    Raises PersonaRefused, Persona.DoesNotExist.
    """
    persona = Persona.objects.select_for_update().get(pk=persona_id)
    before = persona.instructions
    named = _checked(persona.name if name is None else name, before if instructions is None else instructions)
    if named != persona.name:
        persona.name = named
        persona.save(update_fields=["name"])
    if instructions is not None and _tidy(instructions) != before:
        version = _add_version(persona, instructions, actor=actor, now=now)
        record("persona.changed", subject=persona, actor=actor, at=now, name=persona.name, version=version.number)
    return persona


@transaction.atomic
def restore_version(*, persona_id: int, number: int, actor: Actor, now: datetime) -> PersonaVersion:
    """Bring an older version back as the newest; the one in force stays as it is.

    Raises PersonaVersion.DoesNotExist, Persona.DoesNotExist.
    """
    persona = Persona.objects.select_for_update().get(pk=persona_id)
    old = persona.versions.get(number=number)
    newest = persona.versions.order_by("-number")[0]
    if old.instructions == newest.instructions:
        return newest
    version = _add_version(persona, old.instructions, actor=actor, now=now, restored_from=old.number)
    facts: dict[str, Any] = {"name": persona.name, "version": version.number, "restored": old.number}
    record("persona.changed", subject=persona, actor=actor, at=now, **facts)
    return version


def _add_version(
    persona: Persona, instructions: str, *, actor: Actor, now: datetime, restored_from: int | None = None
) -> PersonaVersion:
    newest = persona.versions.order_by("-number").values_list("number", flat=True).first() or 0
    return PersonaVersion.objects.create(
        persona=persona,
        number=newest + 1,
        instructions=_tidy(instructions),
        restored_from=restored_from,
        author_kind=actor.kind,
        author_id=actor.id,
        author_label=actor.label[:120],
        created_at=now,
    )


def _checked(name: str, instructions: str) -> str:
    if not (name := name.strip()) or len(name) > 80:
        raise PersonaRefused(_("Escriba un nombre de hasta 80 letras."), "name")
    if len(instructions) > LONGEST:
        raise PersonaRefused(_("Escriba hasta %(most)s letras.") % {"most": LONGEST}, "instructions")
    return name


def _tidy(instructions: str) -> str:
    # Browsers send CRLF: the same words are the same version.
    return instructions.replace("\r\n", "\n").strip()
