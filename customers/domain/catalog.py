"""What the use cases of plans, taxes and zones share: how they say no, and how they ask first."""

from __future__ import annotations


class CatalogRefused(ValueError):
    """What was asked makes no sense; `errors` has a sentence for each field."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = errors


class NotConfirmed(ValueError):
    """It would change what customers are charged; the message says whom and from when. Ask, and confirm."""
