"""Finding conversations by what was said in them, by name, number, customer's code or document."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from django.contrib.postgres.search import SearchQuery
from django.db.models import F

from customers.domain.search import matching_ids
from customers.text import fold
from inbox.models import Address, Conversation, Message
from inbox.models.searching import plain_text, word_vector

LINES = 300  # the newest lines that match; older ones are found with more words
PEOPLE = 300  # conversations found by who it is
WORDS = 8
DIGITS = 4  # fewer would be found in every number
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
    """Return what matches: every word, from its beginning, in one line; or the person. Two queries, few ids."""
    lines = _by_words(text)
    people = _by_person(text)
    return Matches([*dict.fromkeys([*people, *lines])], {pk: hit for pk, hit in lines.items() if pk not in people})


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", fold(text))[:WORDS]


def _by_words(text: str) -> dict[int, Found]:
    """Return the newest matching line of each conversation.

    Newest first with a limit lets the planner choose: a rare word is looked up, a common one is met at once by
    reading backwards.
    """
    words = _words(text)
    if not any(len(word) > 1 for word in words):
        return {}
    wanted = SearchQuery(" & ".join(f"{word}:*" for word in words), config="simple", search_type="raw")
    rows = Message.objects.annotate(words=word_vector("body")).filter(words=wanted).order_by("-id")
    found: dict[int, Found] = {}
    for pk, seq, body in rows.values_list("conversation_id", "seq", "body")[:LINES]:
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
    """Return conversations by the name, the number or the customer, in one query of indexed look-ups."""
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
    return dict.fromkeys(row["id"] for row in first.union(*rest)[:PEOPLE])
