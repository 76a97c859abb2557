"""How the inbox's texts are indexed: in lower case and without accents, by expressions an index can hold.

`unaccent` may change and so cannot be indexed; `translate` of the accents people write here can.
"""

from __future__ import annotations

from django.contrib.postgres.search import SearchVectorField
from django.db.models import Func, TextField, Value
from django.db.models.functions import Lower

ACCENTED = "áéíóúüñàèìòùâêîôûãõäëïöç"
PLAIN = "aeiouunaeiouaeiouaoaeioc"

# The expression of the index over what was said, as SQL.
WORDS_OF_BODY = f"to_tsvector('simple'::regconfig, translate(lower(body), '{ACCENTED}', '{PLAIN}'))"


def plain_text(field: str) -> Func:
    """Return a text column as it is compared."""
    return Func(Lower(field), Value(ACCENTED), Value(PLAIN), function="TRANSLATE", output_field=TextField())


def word_vector(field: str) -> Func:
    """Return a text column as the words it holds, whatever their language."""
    return Func(
        plain_text(field),
        function="to_tsvector",
        template="%(function)s('simple'::regconfig, %(expressions)s)",
        output_field=SearchVectorField(),
    )
