"""What a router's terminal takes."""

from __future__ import annotations


def quoted(text: str) -> str:
    """Return a text as RouterOS's terminal takes it literally. Raises ValueError for control characters."""
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in text):
        raise ValueError("a control character would be obeyed")
    for sign in ("\\", '"', "$", "?"):
        text = text.replace(sign, f"\\{sign}")
    return f'"{text}"'
