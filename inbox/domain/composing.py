"""What a person sends from the composer: words, and any number of files, each as its channel carries them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from events.domain import Actor
from inbox.domain.sending import NothingToSend, TooLong, Upload, queue_message
from inbox.kinds import Place
from inbox.models import Conversation, Message

FILES = 10  # sent at once


class TooManyFiles(ValueError):
    """More files than are sent at once."""


class FileTooLarge(ValueError):
    """A file is larger than the channel carries."""


@transaction.atomic
def send_answer(
    *,
    conversation: Conversation,
    author: Actor,
    now: datetime,
    body: str = "",
    files: Sequence[Upload] = (),
    place: Place | None = None,
    reply_to: Message | None = None,
    key: str | None = None,
) -> list[Message]:
    """Put an answer in line; all of it or nothing. With a `key` that was used nothing new is made.

    Where a channel takes fewer files at once than were chosen it becomes several messages; the words go with the
    first. Raises NothingToSend, TooLong, TooManyFiles, FileTooLarge, ValueError for a file that is not carried.
    """
    can = conversation.channel.can
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
            reply_to=None if number else reply_to,
            key=(f"{key}.{number}" if number else key) if key else None,
        )
        for number, part in enumerate(parts)
    ]


__all__ = ["FILES", "FileTooLarge", "NothingToSend", "TooLong", "TooManyFiles", "Upload", "send_answer"]
