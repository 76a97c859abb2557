"""inbox-list: the inbox as it opens among 200,000 conversations, beside the SQL of what it shows."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse

from benchmarks.base import Benchmark, Round
from benchmarks.inbox_rows import make_inbox
from benchmarks.pages import PERSON, WHO_ASKS, Person, RawSql, compare
from inbox.domain.listing import PAGE
from tenants.current import enter

TALKS, LINES = 200_000, 10

COUNTS = """
SELECT count(*) FILTER (WHERE status <> 'snoozed' AND waiting_since IS NOT NULL),
       count(*) FILTER (WHERE status <> 'snoozed' AND assignee_id = %(person)s),
       count(*) FILTER (WHERE status = 'open' AND assignee_id IS NULL),
       count(*) FILTER (WHERE bot_active AND status = 'pending'),
       count(*) FILTER (WHERE status <> 'snoozed'),
       count(*) FILTER (WHERE status = 'snoozed')
  FROM inbox_conversation WHERE status <> 'resolved' AND blocked_at IS NULL AND merged_into_id IS NULL
"""
COLUMNS = """
SELECT c.id, c.contact_name, c.address, c.status, c.unread, c.priority, c.last_message_at, c.last_message_text,
       c.waiting_since, c.snoozed_until, c.due_at, u.name, t.name, k.name, ch.name, ch.kind
  FROM inbox_conversation c JOIN inbox_channel ch ON ch.id = c.channel_id
  LEFT JOIN accounts_user u ON u.id = c.assignee_id LEFT JOIN inbox_team t ON t.id = c.team_id
  LEFT JOIN customers_customer k ON k.id = c.customer_id
"""
AWAKE = "c.status <> 'resolved' AND c.status <> 'snoozed' AND c.blocked_at IS NULL AND c.merged_into_id IS NULL"
LATE = f"{COLUMNS} WHERE {AWAKE} AND c.due_at <= now() ORDER BY c.due_at, c.id LIMIT %(limit)s"
REST = f"""
{COLUMNS} WHERE {AWAKE} AND (c.due_at IS NULL OR c.due_at > now())
 ORDER BY c.last_message_at DESC, c.id DESC LIMIT %(limit)s
"""
LABELS = """
SELECT cl.conversation_id, l.id, l.name, l.tone FROM inbox_label l
  JOIN inbox_conversation_labels cl ON cl.label_id = l.id WHERE cl.conversation_id = ANY(%(ids)s)
"""
VIEWS = "SELECT id, name, query, owner_id FROM inbox_view WHERE owner_id IS NULL OR owner_id = %(person)s"
TEAMS = """
SELECT t.id, t.name FROM inbox_team t JOIN inbox_team_members m ON m.team_id = t.id WHERE m.user_id = %(person)s
"""


def measure(rounds: int) -> Iterator[Round]:
    """The open queue as it comes, and the page after the first."""
    with enter("norte"):
        make_inbox(talks=TALKS, lines=LINES)
        person = Person("norte.localhost")
        path = reverse("inbox:home")
        values = {**person.keys, "limit": PAGE + 1}
        [late] = RawSql([(LATE, values)]).fetch()
        sql = RawSql(
            [
                (query, {**values, "ids": [row[0] for row in late]})
                for query in (WHO_ASKS, PERSON, COUNTS, TEAMS, VIEWS, LATE, LABELS)
            ]
        )
        _check(person.get(path), sql.fetch())
    yield from compare(rounds, lambda: person.get(path), sql.fetch)


def _check(page: bytes, fetched: list[list[tuple[object, ...]]]) -> None:
    """Both show the same conversations and counts, or the comparison says nothing."""
    counts, rows = fetched[2][0], fetched[5][:PAGE]
    shown = [f'data-conversation="{row[0]}"'.encode() in page for row in rows]
    if not (all(shown) and len(rows) == PAGE and f">{counts[4]}<".encode() in page):
        raise RuntimeError(f"the page and the rows differ: {counts} {sum(shown)} of {len(rows)}")


BENCHMARK = Benchmark(
    name="inbox-list",
    kind="ratio",
    better="lower",
    goal=2.0,
    note=(
        f"p95 of the whole page (frame, queues with counts, {PAGE} rows with labels, late ones first) among {TALKS:,} "
        "conversations / p95 of its SQL as tuples: session, person, counts, teams, views, rows, labels."
    ),
    measure=measure,
)
