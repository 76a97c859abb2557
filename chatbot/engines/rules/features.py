"""What a text shows a classifier: words, pairs of words, what they are about, and pieces that survive a slip.

One reading for all languages. Words are taken as they sound, so that «devo» and «debo» are one; runs of letters
inside a word still agree when the word was mistyped or is that of a neighbouring language.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

from chatbot.engines.rules.concepts import concepts_of
from chatbot.engines.rules.words import sound, words_of

GRAMS = (3, 4, 5)  # letters of a piece of a word, the word's edges counted
MOST_CONCEPTS = 14  # that are paired with each other; the pairs grow with the square
SHORT_TEXT = 4  # words up to which the whole text counts as one
STRANGE = "strange"
STRANGE_FROM = 4  # letters from which a word nobody uses with us counts as strange
NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class Features:
    """The names of what stands in a text: its words, what they are about, and parts of words."""

    words: tuple[str, ...]
    concepts: tuple[str, ...]
    pieces: tuple[str, ...]


def counted_words(text: str) -> list[str]:
    """Return the words of a text as features count them: as they sound, numbers by their length."""
    return [_as_counted(word) for word in words_of(text)]


def features_of(text: str, *, rules: Collection[str], familiar: Collection[str]) -> Features:
    """Return the features of a text.

    `rules` names the hand-written patterns that stand in it, `familiar` the words customers use when they want
    something of us: others make a text strange («cuánto cuesta un taxi»).
    """
    words = counted_words(text)
    found = [*words, *(f"{one} {two}" for one, two in zip(["^", *words], [*words, "$"], strict=True))]
    found += [f"{one} _ {two}" for one, two in zip(words, words[2:], strict=False)]
    if len(words) <= SHORT_TEXT:
        found.append(f"={' '.join(words)}")
    found.append(f"#{min(len(words), 8)}")
    found += [f"@{rule}" for rule in rules]
    if "?" in text:
        found.append("?")
    pieces = [piece for word in words for piece in _pieces_of(word)]
    return Features(tuple(found), tuple(_concepts_in(words, familiar)), tuple(dict.fromkeys(pieces)))


def _concepts_in(words: list[str], familiar: Collection[str]) -> Iterator[str]:
    """Yield what the words are about, and each two such things in the order they were said."""
    about = (concepts_of(word) or _strangeness(word, familiar) for word in words)
    said = [(place, concept) for place, concepts in enumerate(about) for concept in concepts][:MOST_CONCEPTS]
    yield from dict.fromkeys(concept for _place, concept in said)
    yield from dict.fromkeys(f"{one}>{two}" for (at, one), (then, two) in combinations(said, 2) if at < then)


def _strangeness(word: str, familiar: Collection[str]) -> tuple[str, ...]:
    return () if len(word) < STRANGE_FROM or word in familiar else (STRANGE,)


def _as_counted(word: str) -> str:
    """Return a word as it sounds; numbers only by how long they are."""
    return NUMBER.sub(lambda digits: "0" * min(len(digits[0]), 5), word) if word[:1].isdigit() else sound(word)


@lru_cache(maxsize=20_000)
def _pieces_of(word: str) -> tuple[str, ...]:
    edged = f"<{word}>"
    return tuple(edged[at : at + size] for size in GRAMS for at in range(len(edged) - size + 1))
