"""What a person sends from the composer: words, and any number of files, each as its channel carries them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from events.domain import Actor
from inbox.channels.base import Choice, Choices
from inbox.domain.conversations import clean_text
from inbox.domain.sending import NothingToSend, TooLong, Upload, queue_message
from inbox.kinds import Capabilities, Place
from inbox.models import Conversation, Message

FILES = 10  # sent at once
TITLE = 20  # characters of an option: the narrowest, a button of WhatsApp
QUESTION = 1024  # characters above them there
POINT = re.compile(r"(-?\d{1,3}(?:\.\d{1,20})?)\s*,\s*(-?\d{1,3}(?:\.\d{1,20})?)", re.ASCII)


class TooManyFiles(ValueError):
    """More files than are sent at once."""


class FileTooLarge(ValueError):
    """A file is larger than the channel carries."""


class BadChoices(ValueError):
    """More options than the channel shows, two alike, one too long, or no question before them."""


class BadPlace(ValueError):
    """Not a point on the earth, or one together with what a point goes without."""


def read_choices(*, text: str, can: Capabilities) -> Choices | None:
    """Return the options that were written one a line; None when there are none. Raises BadChoices."""
    titles = [title for line in clean_text(text).splitlines() if (title := " ".join(line.split()))]
    if not titles:
        return None
    alike = len({title.casefold() for title in titles}) < len(titles)
    if alike or len(titles) > max(can.buttons, can.rows) or any(len(title) > TITLE for title in titles):
        raise BadChoices
    return Choices(tuple(Choice(str(number), title) for number, title in enumerate(titles, 1)))


def read_place(*, point: str, name: str) -> Place | None:
    """Return the point written as maps give it, «22.1565, -100.9855»; None when nothing is. Raises BadPlace."""
    if not point.strip():
        return None
    found = POINT.fullmatch(point.strip())
    if found is None:
        raise BadPlace
    latitude, longitude = float(found[1]), float(found[2])
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise BadPlace
    return Place(latitude, longitude, " ".join(clean_text(name).split())[:120])


@transaction.atomic
def send_answer(
    *,
    conversation: Conversation,
    author: Actor,
    now: datetime,
    body: str = "",
    files: Sequence[Upload] = (),
    place: Place | None = None,
    choices: Choices | None = None,
    reply_to: Message | None = None,
    key: str | None = None,
) -> list[Message]:
    """Put an answer in line; all of it or nothing. With a `key` that was used nothing new is made.

    Where a channel takes fewer files at once than were chosen it becomes several messages; the words go with the
    first. A point goes alone, options go under words. Raises NothingToSend, TooLong, TooManyFiles, FileTooLarge,
    BadChoices, BadPlace, ValueError for a file that is not carried.
    """
    can = conversation.channel.can
    if place and (body.strip() or files or choices or not can.location):
        raise BadPlace
    if choices and (files or not 0 < len(body.strip()) <= QUESTION or not can.buttons):
        raise BadChoices
    if len(files) > FILES or (files and not can.media):
        raise TooManyFiles
    if any(len(upload.data) > can.media_limit for upload in files):
        raise FileTooLarge
    if files and len(body.strip()) > can.caption_limit:
        raise TooLong
    step = max(can.files_at_once, 1)
    parts: list[Sequence[Upload]] = [files[at : at + step] for at in range(0, len(files), step)] or [()]
    return [
        queue_message(
            conversation=conversation,
            author=author,
            now=now,
            body="" if number else body,
            files=part,
            place=None if number else place,
            choices=None if number else choices,
            reply_to=None if number else reply_to,
            key=(f"{key}.{number}" if number else key) if key else None,
        )
        for number, part in enumerate(parts)
    ]


__all__ = [
    "FILES",
    "BadChoices",
    "BadPlace",
    "FileTooLarge",
    "NothingToSend",
    "TooLong",
    "TooManyFiles",
    "Upload",
    "read_choices",
    "read_place",
    "send_answer",
]
