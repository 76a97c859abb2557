"""Finding conversations by what was said in them, by name, number, customer's code or document."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import F

from customers.domain.search import matching_ids
from customers.text import fold
from inbox.models import Address, Conversation
from inbox.models.searching import WORDS_OF_BODY, plain_text

LINES = 150  # the newest lines that match; older ones are found with more words
NEWEST = 2000  # lines that are read one by one before the index is asked
PEOPLE = 300  # the newest conversations found by who it is
WORDS = 8
DIGITS = 4  # fewer would be found in every number
SHORTEST = 2  # letters
AROUND = 36  # letters shown on either side of what matched


@dataclass(frozen=True)
class Found:
    """The newest line of a conversation that matches, cut around the place: before, the words, after."""

    seq: int
    before: str
    match: str
    after: str


@dataclass(frozen=True)
class Matches:
    """The conversations that match, and for those found by a line, which."""

    ids: list[int]
    lines: dict[int, Found] = field(default_factory=dict)


def search(text: str) -> Matches:
    """Return what matches: every word, from its beginning, in one line; or the person. Two queries, few ids.

    One letter is in nearly every name and would be looked for in all of them: nothing matches it.
    """
    if is_too_short(text):
        return Matches([])
    lines = _by_words(text)
    people = _by_person(text)
    return Matches([*dict.fromkeys([*people, *lines])], {pk: hit for pk, hit in lines.items() if pk not in people})


def is_too_short(text: str) -> bool:
    """Say whether a text has fewer letters or digits than are looked for."""
    return len("".join(_words(text))) < SHORTEST


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", fold(text))[:WORDS]


# The planner cannot know how many words begin with some letters, and walks two million lines backwards for one that
# nobody said. So it is not asked: a common word is met among the newest lines, and where it was not, it is rare enough
# to fetch all that the index holds; `id + 0` has no index to walk.
BY_WORDS = f"""
WITH newest AS (
  SELECT id, conversation_id, seq, body
    FROM (SELECT id, conversation_id, seq, body FROM inbox_message ORDER BY id DESC LIMIT {NEWEST}) line
   WHERE {WORDS_OF_BODY} @@ to_tsquery('simple', %(words)s)
   ORDER BY id DESC LIMIT {LINES}),
every AS (
  SELECT id, conversation_id, seq, body FROM inbox_message
   WHERE (SELECT count(*) FROM newest) < {LINES} AND {WORDS_OF_BODY} @@ to_tsquery('simple', %(words)s)
   ORDER BY id + 0 DESC LIMIT {LINES})
SELECT id, conversation_id, seq, body FROM newest UNION SELECT id, conversation_id, seq, body FROM every
 ORDER BY id DESC LIMIT {LINES}
"""  # noqa: S608 -- constants only


def _by_words(text: str) -> dict[int, Found]:
    """Return the newest matching line of each conversation."""
    words = _words(text)
    if not any(len(word) > 1 for word in words):
        return {}
    with connection.cursor() as cursor:
        cursor.execute(BY_WORDS, {"words": " & ".join(f"{word}:*" for word in words)})
        rows = cursor.fetchall()
    found: dict[int, Found] = {}
    for _id, pk, seq, body in rows:
        if pk not in found:
            found[pk] = _cut(seq, body, words[0])
    return found


def _cut(seq: int, body: str, word: str) -> Found:
    """Return a line around the first word that matched. Folding keeps the length of what people write here."""
    flat = " ".join(body.split())
    folded = "".join(fold(letter) or " " for letter in flat)
    at = re.search(rf"\b{re.escape(word)}", folded) if len(folded) == len(flat) else None
    if at is None:
        return Found(seq, flat[: 2 * AROUND], "", "")
    begin, end = at.start(), at.end()
    while end < len(flat) and flat[end].isalnum():
        end += 1
    first = max(begin - AROUND, 0)
    before = ("…" if first else "") + flat[first:begin]
    after = flat[end : end + 2 * AROUND] + ("…" if end + 2 * AROUND < len(flat) else "")
    return Found(seq, before, flat[begin:end], after)


def _by_person(text: str) -> dict[int, None]:
    """Return the newest conversations by the name, the number or the customer, in one query of indexed look-ups."""
    parts: list[Any] = [Conversation.objects.filter(customer_id__in=matching_ids(text)).values("id")]
    words = fold(text).split()
    if words:
        named = Conversation.objects.annotate(name_key=plain_text("contact_name"))
        for word in words[:WORDS]:
            named = named.filter(name_key__contains=word)
        parts.append(named.values("id"))
    digits = re.sub(r"\D", "", text)
    # «folio8123» is a word that was said, not part of a number.
    if len(digits) >= DIGITS and not any(letter.isalpha() for letter in text):
        numbers = Address.objects.filter(value__contains=digits).annotate(talk=F("conversation_id"))
        parts.append(numbers.values("talk"))
    first, *rest = parts
    rows = Conversation.objects.filter(pk__in=first.union(*rest)).order_by("-last_message_at", "-id")
    return dict.fromkeys(rows.values_list("pk", flat=True)[:PEOPLE])
