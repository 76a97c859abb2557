"""The error a command answers with instead of doing its work."""

from __future__ import annotations


class Trap(Exception):
    """Becomes `!trap` with this message and, where RouterOS gives one, a category (0 missing item ... 7)."""

    def __init__(self, message: str, category: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.category = category
