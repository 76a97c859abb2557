"""What Telegram knows: bots, their chats, files, the updates that wait for each bot, and what goes wrong on purpose."""

from __future__ import annotations

import re
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

TOKEN = "123456:simulado"  # noqa: S105 -- of a bot that is not
FAULTS = (
    "rate",  # 429 with retry_after
    "error",  # 500, and nothing is done
    "html",  # 502 with a page instead of JSON
    "blocked",  # 403: the person blocked the bot
    "slow",  # done, after `seconds`
    "hang",  # nothing is done and nothing is answered for `seconds`, then the connection ends
    "lost",  # done, and answered with 500
    "drop",  # done, and the connection ends without an answer
)
SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
# What setWebhook and getUpdates send when nobody asked for anything: all but these.
UNASKED = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
KEPT = 1000  # updates a bot's queue holds before the oldest go, here so that a test cannot eat the memory


class Refusal(Exception):
    """What the Bot API refuses, as its code and description."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.body: dict[str, Any] = {"ok": False, "error_code": code, "description": description}
        if parameters:
            self.body["parameters"] = parameters


@dataclass
class Shown:
    """A message of the bot as its chat shows it."""

    chat: int
    number: int
    text: str
    photo: bytes = b""
    buttons: list[list[dict[str, str]]] = field(default_factory=list)
    kind: str = "text"
    file: bytes = b""
    file_name: str = ""
    reply_to: int | None = None
    keyboard: dict[str, Any] = field(default_factory=dict)
    place: tuple[float, float] | None = None
    wire: dict[str, Any] = field(default_factory=dict)

    def button(self, words: str) -> dict[str, str]:
        """The button whose text holds `words`. Raises LookupError."""
        for row in self.buttons:
            for button in row:
                if words in button["text"]:
                    return button
        raise LookupError(words)


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong, at one method or (``""``) at the next call that is no poll."""

    kind: str
    seconds: float = 0.0
    method: str = ""


@dataclass(frozen=True)
class StoredFile:
    """A file as getFile and the download show it."""

    data: bytes
    path: str
    kind: str


@dataclass
class Hook:
    """A webhook as getWebhookInfo tells it."""

    url: str = ""
    secret_token: str = ""
    max_connections: int = 40
    allowed_updates: list[str] = field(default_factory=list)
    error_at: int = 0
    error: str = ""


class Bot:
    """One bot: what it showed, what it answered, and the updates that wait for it."""

    def __init__(self, token: str, *, username: str = "enlace_bot", name: str = "Enlace") -> None:
        self.token, self.username, self.name = token, username, name
        number = token.partition(":")[0]
        self.id = int(number) if number.isdecimal() else 1
        self.shown: list[Shown] = []
        self.answers: dict[str, str] = {}
        self.calls: list[str] = []
        self.reactions: dict[tuple[int, int], str] = {}
        self.typing: list[int] = []
        self.hook = Hook()
        self.pending: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self.deliveries: list[tuple[int, int]] = []
        self.presses: set[str] = set()
        # What people wrote, by chat and number: what replies, edits and reactions speak of.
        self.written: dict[tuple[int, int], dict[str, Any]] = {}
        self.people: set[int] = set()
        self.blocked: set[int] = set()
        self.polls = 0
        self.asked_updates: list[str] = []

    def me(self) -> dict[str, Any]:
        """The bot as getMe shows it."""
        return {
            "id": self.id,
            "is_bot": True,
            "first_name": self.name,
            "username": self.username,
            "can_join_groups": True,
            "can_read_all_group_messages": False,
            "supports_inline_queries": False,
        }

    def wants(self, update: dict[str, Any]) -> bool:
        """Say whether the bot asked for updates of this kind."""
        kind = next(name for name in update if name != "update_id")
        asked = self.hook.allowed_updates if self.hook.url else self.asked_updates
        return kind in asked if asked else kind not in UNASKED

    def shown_at(self, chat: int, number: int) -> Shown | None:
        """The bot's own message of that number."""
        return next((s for s in self.shown if (s.chat, s.number) == (chat, number)), None)


class World:
    """Everything there is, under one lock. ``anyone``: bots may write to people who never wrote to them."""

    def __init__(self, *, anyone: bool = False) -> None:
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.anyone = anyone
        self.bots: dict[str, Bot] = {}
        self.files: dict[str, StoredFile] = {}
        self.faults: deque[Fault] = deque()
        self.repeats = 0  # more copies of each update
        self.stopped = False
        self._numbers = 1000

    def add_bot(self, token: str, *, username: str = "enlace_bot", name: str = "Enlace") -> Bot:
        """Make a bot, as @BotFather does."""
        with self.lock:
            self.bots[token] = bot = Bot(token, username=username, name=name)
        return bot

    def change_token(self, bot: Bot, token: str) -> None:
        """Take a bot's token back and give it another."""
        with self.lock:
            del self.bots[bot.token]
            bot.token = token
            self.bots[token] = bot

    def next(self) -> int:
        """A number that was not used: of a message, an update, a press."""
        with self.lock:
            self._numbers += 1
            return self._numbers

    def fail(self, kind: str, *, times: int = 1, seconds: float = 0.0, method: str = "") -> None:
        """Let the next calls go wrong. Raises ValueError for a kind that is not of FAULTS."""
        if kind not in FAULTS:
            raise ValueError(kind)
        with self.lock:
            self.faults.extend([Fault(kind, seconds, method)] * times)

    def take_fault(self, method: str) -> Fault | None:
        """Use up the first fault that is meant for a call of `method`."""
        with self.lock:
            for fault in self.faults:
                if fault.method == method or (not fault.method and method != "getUpdates"):
                    self.faults.remove(fault)
                    return fault
        return None

    def keep_file(self, data: bytes, kind: str, suffix: str) -> str:
        """Keep a file and return its file_id."""
        number = self.next()
        file_id = f"AgAC-{kind}-{number}"
        with self.lock:
            self.files[file_id] = StoredFile(data, f"{kind}/file_{number}{suffix}", kind)
        return file_id

    def queue(self, bot: Bot, update: dict[str, Any]) -> None:
        """Let an update wait for a bot that wants its kind, as often as `repeats` says."""
        with self.changed:
            if bot.wants(update):
                bot.pending.extend([update] * (1 + self.repeats))
            self.changed.notify_all()


def stamp() -> int:
    """Now, as Telegram writes it: whole seconds since 1970."""
    return int(time.time())
