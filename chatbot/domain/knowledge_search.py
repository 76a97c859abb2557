"""Finding what answers a question: candidates by the indexes, the choice by how much of the question they cover.

Silence is better than a wrong answer: a passage must hold nearly everything the question is about.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import Q
from django.utils.translation import gettext as _

from chatbot.domain.knowledge_words import COMMON, MISTYPED, asked_words, likeness, weight_of, words_of
from chatbot.models import Article, KnownWord, Passage
from inbox.models.searching import word_vector

ENOUGH = 0.66  # of 1: less is not said
COVERED = 0.6  # of what the question is about
# Weight of what matches: common words alone prove nothing, but where the question is made of them («¿Qué planes hay?»).
NEEDED = 1.0
CANDIDATES = 40
MEANT = 300  # known words that are looked at for one question
LONGEST = 800  # letters of an answer with its source
ASKED = 500  # letters of a question that are read
CITED = 100  # letters of a title
SAME_LANGUAGE = 0.03
# Of a question and answer, how much counts that the question was about nothing else.
FOCUS = 0.35
IN_BODY = 0.75  # a word that only the text below holds
IN_TEXT = 0.95  # one of a document's text, which is found by what it says


@dataclass(frozen=True)
class Found:
    """The passage that answers best, how well (0 to 1), and where it stands."""

    passage: Passage
    score: float

    @property
    def article(self) -> Article:
        """What it was found in."""
        return self.passage.article

    @property
    def source(self) -> str:
        """Return the line that cites it."""
        return self._cite(CITED)

    @property
    def answer(self) -> str:
        """Return what is said: the text and its source, at most LONGEST letters."""
        return self.within(LONGEST)

    def within(self, most: int) -> str:
        """Return the text and its source in `most` letters, 80 or more; what is too long loses its end."""
        source = self._cite(min(CITED, most // 3))
        text = self.article.body if self.article.kind == Article.Kind.FAQ else self.passage.text
        return f"{_shorten(text, most - len(source) - 2)}\n\n{source}"

    def _cite(self, room: int) -> str:
        title = _shorten(self.article.title, room)
        if self.passage.page:
            return _("Según: %(title)s, página %(page)s") % {"title": title, "page": self.passage.page}
        return _("Según: %(title)s") % {"title": title}


def find_answer(text: str, language: str = "") -> Found | None:
    """Return what answers `text` best, or None when nothing answers it well enough. Two reads at most, no writes.

    `language`: of two equally good passages the one in it wins; empty for any.
    """
    asked = asked_words(text[:ASKED])
    if not asked:
        return None
    scored = [(score_of(asked, passage, language), -passage.pk, passage) for passage in candidates(asked)]
    best = max(scored, default=None, key=lambda row: row[:2])
    if best is None or best[0] < ENOUGH:
        return None
    return Found(best[2], round(min(best[0], 1.0), 3))


def candidates(asked: list[str]) -> list[Passage]:
    """Return the passages that hold most of the words, or of those they may be mistyped for."""
    # A word everybody uses finds everything; it proposes only where nothing else is asked.
    telling = [word for word in asked if word not in COMMON] or asked
    begun = {f"{word[:6]}:*" if len(word) > 6 else word for word in telling} | set(meant_words(telling))
    # Words are letters and digits only: nothing in them is read as an operator.
    wanted = SearchQuery(" | ".join(sorted(begun)), search_type="raw", config="simple")
    vector = word_vector("words")
    rows = Passage.objects.alias(vector=vector).filter(vector=wanted).select_related("article")
    return list(rows.order_by(SearchRank(vector, wanted).desc(), "pk")[:CANDIDATES])


def meant_words(typed: Iterable[str]) -> list[str]:
    """Return the known words that the typed ones may stand for."""
    long = [word for word in typed if len(word) >= MISTYPED and not word.isdecimal()]
    if not long:
        return []
    near = Q()
    for word in long:
        near |= Q(text__trigram_similar=word)
    known = KnownWord.objects.filter(near).values_list("text", flat=True)[:MEANT]
    return [word for word in known if any(likeness(one, word) for one in long)]


def score_of(asked: list[str], passage: Passage, language: str = "") -> float:
    """Return how well a passage answers the words, 0 to 1."""
    article = passage.article
    faq = article.kind == Article.Kind.FAQ
    head = set(words_of(article.title if faq else f"{passage.heading} {article.title}"))
    body = set(passage.words.split())
    total = sum(weight_of(word) for word in asked)
    inside = matched = 0.0
    for word in asked:
        above = max((likeness(word, other) for other in head), default=0.0)
        below = max((likeness(word, other) for other in body), default=0.0)
        worth = max(above, below * (IN_BODY if faq else IN_TEXT))
        inside += weight_of(word) * worth
        matched += weight_of(word) if worth else 0.0
    covered = inside / total
    if covered < COVERED or (matched < NEEDED and not (faq and head <= COMMON)):
        return 0.0
    if faq:
        covered = (1 - FOCUS) * covered + FOCUS * _focus(asked, head)
    elif sum(weight_of(word) >= NEEDED for word in asked) <= 1:
        # One word somewhere in a long text is no answer; over a passage it is, after the questions.
        over = set(words_of(passage.heading or article.title))
        focus = _focus(asked, over)
        covered = IN_TEXT * ((1 - FOCUS) * covered + FOCUS * focus) if focus else 0.0
    return covered + (SAME_LANGUAGE if language and article.language == language else 0.0)


def _focus(asked: list[str], head: set[str]) -> float:
    total = sum(weight_of(word) for word in head)
    held = sum(weight_of(word) * max(likeness(other, word) for other in asked) for word in head)
    return held / total if total else 0.0


def _shorten(text: str, room: int) -> str:
    if len(text) <= room:
        return text
    cut = text[: room - 1]
    return f"{cut[: cut.rfind(' ')] if ' ' in cut else cut}…"
