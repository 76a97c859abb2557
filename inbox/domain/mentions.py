"""Who is named in a note, and who has yet to see it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from accounts.models import User
from inbox.models import Mention, Message
from tenants.live import publish_live

LINK = re.compile(r"\S+://\S+|\bwww\.\S+", re.IGNORECASE)  # an «@» in one names nobody


def people_to_mention() -> list[User]:
    """Return the people who can be named: whoever may see the inbox."""
    return [person for person in User.objects.filter(is_active=True).order_by("name") if person.can("inbox.view")]


def named_in(body: str) -> list[User]:
    """Return the people a note names as «@Their Name», whatever the case; the longest name that fits counts."""
    left = LINK.sub(" ", body)
    found: list[User] = []
    if "@" not in left:
        return []
    for person in sorted(people_to_mention(), key=lambda one: -len(one.name)):
        pattern = re.compile(rf"(?<!\w)@{re.escape(person.name)}(?!\w)", re.IGNORECASE)
        if person.name and pattern.search(left):
            found.append(person)
            left = pattern.sub(" ", left)
    return found


def tell_mentioned(*, note: Message, people: Iterable[User], now: datetime) -> None:
    """Keep that these people were named, and tell their browsers. Who wrote the note knows already."""
    told = [person for person in people if (note.author_kind, note.author_id) != ("user", person.pk)]
    Mention.objects.bulk_create(
        [Mention(message=note, user=person, created_at=now) for person in told], ignore_conflicts=True
    )
    if told:
        ids = [person.pk for person in told]
        publish_live("inbox", conversation=note.conversation_id, seq=note.seq, tick=True, mentioned=ids)


def unseen_mentions(user: User) -> int:
    """Return how many notes that name this person they have not seen."""
    return Mention.objects.filter(user=user, seen_at=None).count()


def mentions_of(user: User, *, limit: int = 60) -> list[Mention]:
    """Return the notes that name this person, newest first."""
    rows = Mention.objects.filter(user=user).select_related("message__conversation__customer")
    return list(rows.order_by("-id")[:limit])


def see_mentions(*, user: User, conversation_id: int, now: datetime) -> int:
    """This person has the conversation on screen; return how many of their mentions that settles."""
    rows = Mention.objects.filter(user=user, seen_at=None, message__conversation_id=conversation_id)
    return rows.update(seen_at=now)
