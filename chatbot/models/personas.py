"""Who a bot is, in words for a model: kept here in versions, since no service keeps them for us."""

from __future__ import annotations

import secrets

from django.db import models

PREFIX = "asst_"


def new_persona_key() -> str:
    """Return an id like those programs already hold: "asst_" and 24 letters and digits."""
    return PREFIX + secrets.token_hex(12)


class Persona(models.Model):
    """A character that bots share. What it says of itself is its newest version."""

    key = models.CharField(max_length=80, unique=True, default=new_persona_key, editable=False)
    name = models.CharField(max_length=80)
    # The model it was written for, where somebody said so; a bot's own comes first.
    model = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name

    @property
    def instructions(self) -> str:
        """Return the words in force: those of the newest version."""
        newest = self.versions.order_by("-number").first()
        return newest.instructions if newest else ""


class PersonaVersion(models.Model):
    """The words of a persona from a moment on. Never changed: a change is the next number."""

    persona = models.ForeignKey(Persona, on_delete=models.CASCADE, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    instructions = models.TextField(max_length=20_000)
    # Brought back from an older one: its number.
    restored_from = models.PositiveIntegerField(null=True, blank=True)
    author_kind = models.CharField(max_length=20)
    author_id = models.BigIntegerField(null=True, blank=True)
    author_label = models.CharField(max_length=120)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["persona", "number"], name="persona_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.persona_id} v{self.number}"
