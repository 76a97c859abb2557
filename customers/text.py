"""Names sort, page and are found by a stored key: C.UTF-8 puts Ñ last and an index cannot unaccent."""

from __future__ import annotations

import unicodedata


def fold(text: str) -> str:
    """Return `text` in lower case, without accents and with single spaces: «Ñaupari  Díaz» is «naupari diaz»."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(plain.casefold().split())
