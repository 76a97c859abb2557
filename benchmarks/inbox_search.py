"""inbox-search: words among 2,000,000 messages and names among 200,000 conversations, beside the same by hand."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from typing import Any
from urllib.parse import quote

from django.urls import reverse

from benchmarks.base import Benchmark, Round
from benchmarks.inbox_list import COLUMNS, COUNTS, LABELS, LINES, TALKS, TEAMS, VIEWS
from benchmarks.inbox_rows import make_inbox
from benchmarks.pages import PERSON, WHO_ASKS, Person, RawSql, compare
from inbox.domain.listing import PAGE
from inbox.domain.searching import LINES as HITS
from inbox.domain.searching import NEWEST, PEOPLE
from inbox.models.searching import ACCENTED, PLAIN, WORDS_OF_BODY
from tenants.current import enter

# Rare, never said, common, three words, a name, a number.
TEXTS = ("folio8123", "zzfolio", "internet", "modem roja folio12", "gloria torres 1", "4440012345")

# ruff: noqa: S608 -- constants only
# By hand one would not let the planner walk two million lines for a rare word either: see inbox.domain.searching.
SEARCH = f"""
WITH newest AS (
  SELECT id, conversation_id
    FROM (SELECT id, conversation_id, body FROM inbox_message ORDER BY id DESC LIMIT {NEWEST}) line
   WHERE {WORDS_OF_BODY} @@ to_tsquery('simple', %(words)s) ORDER BY id DESC LIMIT {HITS}),
every AS (
  SELECT id, conversation_id FROM inbox_message
   WHERE (SELECT count(*) FROM newest) < {HITS} AND {WORDS_OF_BODY} @@ to_tsquery('simple', %(words)s)
   ORDER BY id + 0 DESC LIMIT {HITS}),
hits AS (SELECT * FROM newest UNION SELECT * FROM every ORDER BY id DESC LIMIT {HITS}),
people AS (
  SELECT id FROM inbox_conversation WHERE id IN (
   SELECT id FROM inbox_conversation WHERE <name>
   UNION SELECT conversation_id FROM inbox_address WHERE %(digits)s <> '' AND value LIKE '%%' || %(digits)s || '%%'
   UNION SELECT id FROM inbox_conversation WHERE customer_id IN (
     SELECT id FROM customers_customer WHERE upper(code) LIKE '%%' || upper(%(text)s) || '%%'
     UNION SELECT id FROM customers_customer WHERE <key>))
  ORDER BY last_message_at DESC, id DESC LIMIT {PEOPLE})
{COLUMNS} WHERE c.merged_into_id IS NULL AND c.blocked_at IS NULL
   AND c.id IN (SELECT conversation_id FROM hits UNION SELECT id FROM people)
 ORDER BY c.last_message_at DESC, c.id DESC LIMIT {PAGE + 1}
"""
NAME = f"translate(lower(contact_name), '{ACCENTED}', '{PLAIN}')"


def search_of(words: list[str]) -> str:
    """Return the search for some words: a pattern each, since an index of trigrams holds no `LIKE ALL`."""
    each = [f"LIKE %(name{n})s" for n in range(len(words))]
    by_name, by_key = (" AND ".join(f"{column} {like}" for like in each) for column in (NAME, "name_key"))
    return SEARCH.replace("<name>", by_name).replace("<key>", by_key)


def measure(rounds: int) -> Iterator[Round]:
    """Each kind of search in turn."""
    with enter("norte"):
        make_inbox(talks=TALKS, lines=LINES)
        person = Person("norte.localhost")
        home = reverse("inbox:home")
        pairs = []
        for text in TEXTS:
            words = text.split()
            digits = text if text.isdecimal() else ""
            values: dict[str, Any] = {
                **person.keys,
                "text": text,
                "words": " & ".join(f"{word}:*" for word in words),
                "digits": digits,
            }
            values |= {f"name{n}": f"%{word}%" for n, word in enumerate(words)}
            search = search_of(words)
            found = RawSql([(search, values)]).fetch()[0][:PAGE]
            values["ids"] = [row[0] for row in found]
            sql = RawSql([(q, values) for q in (WHO_ASKS, PERSON, COUNTS, TEAMS, VIEWS, search, LABELS)])
            path = f"{home}?q={quote(text)}"
            _check(text, person.get(path), sql.fetch()[5][:PAGE])
            pairs.append((path, sql))
    pages, floors = cycle(pairs), cycle(pairs)
    yield from compare(rounds, lambda: person.get(next(pages)[0]), lambda: next(floors)[1].fetch())  # noqa: PLW0108


def _check(text: str, page: bytes, rows: list[tuple[object, ...]]) -> None:
    """Both found the same, or the comparison says nothing."""
    found = [f'data-conversation="{row[0]}"'.encode() in page for row in rows]
    if not all(found) or page.count(b"data-conversation=") != len(rows):
        raise RuntimeError(f"{text}: the page shows {sum(found)} of {len(rows)}")


BENCHMARK = Benchmark(
    name="inbox-search",
    kind="ratio",
    better="lower",
    goal=2.0,
    note=(
        f"p95 of the whole page / p95 of its SQL as tuples, over {len(TEXTS)} searches (a rare word, one never said, a "
        f"common one, three words, a name, a number) among {TALKS * LINES:,} messages and {TALKS:,} conversations."
    ),
    measure=measure,
)
