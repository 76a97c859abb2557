"""Asking Telegram for updates where it cannot call us: a thread a bot, on plain data, without any database.

What comes is handed over and waited for: only when its rows are committed is the next question asked, whose offset
lets Telegram forget them. A process killed before that is told them again, and rows are unique by update.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from inbox.channels.telegram.config import KINDS
from inbox.channels.telegram.wire import BotApi, TelegramError

logger = logging.getLogger(__name__)

PATIENCE = 25  # seconds Telegram holds a question open
SHORTEST, LONGEST = 1.0, 60.0  # seconds between two tries while something is wrong
CONFLICT = 15.0  # where somebody else asks, or a webhook is set


@dataclass
class Batch:
    """Updates of one bot on their way to the database. `stored` is set once they are committed."""

    key: tuple[str, int]
    updates: Sequence[dict[str, Any]]
    stored: threading.Event = field(default_factory=threading.Event)
    kept: bool = False

    def settle(self, *, kept: bool) -> None:
        """Let the thread go on: with the next offset when the rows are `kept`, else with the same one."""
        self.kept = kept
        self.stored.set()


class Poller(threading.Thread):
    """Polls one bot until told to stop. `trouble` says in words what is wrong now; empty when nothing is."""

    def __init__(
        self,
        *,
        key: tuple[str, int],
        token: str,
        base: str,
        batches: queue.Queue[Batch],
        patience: int = PATIENCE,
        unhook: bool = False,
    ) -> None:
        super().__init__(name=f"telegram-{key[0]}-{key[1]}", daemon=True)
        self.key = key
        self.token = token
        self.trouble = ""
        self._api = BotApi(token, base)
        self._batches = batches
        self._patience = patience
        self._unhook = unhook
        self._stopped = threading.Event()

    def stop(self) -> None:
        """End after the question that is open; nothing more is handed over."""
        self._stopped.set()

    def run(self) -> None:
        """Ask, hand over, wait for the commit, confirm; slower while it fails."""
        offset, wait = 0, 0.0
        while not self._stopped.wait(wait):
            try:
                if self._unhook:
                    self._api.unhook()
                    self._unhook = False
                found = self._api.updates(offset=offset, timeout=self._patience, kinds=KINDS)
            except TelegramError as error:
                wait = self._pause(error, wait)
                continue
            self.trouble, wait = "", 0.0
            if not found:
                # What the offset confirmed is forgotten there. Numbers may begin anew after a quiet week, below it.
                offset = 0
            elif self._hand_over(found):
                offset = max(int(update["update_id"]) for update in found) + 1
                self._answer_presses(found)
            else:
                wait = SHORTEST

    def _hand_over(self, found: Sequence[dict[str, Any]]) -> bool:
        batch = Batch(self.key, found)
        self._batches.put(batch)
        while not batch.stored.wait(0.2):
            if self._stopped.is_set():
                return False
        return batch.kept

    def _answer_presses(self, found: Sequence[dict[str, Any]]) -> None:
        for press in (update["callback_query"] for update in found if update.get("callback_query")):
            try:
                self._api.answer(str(press.get("id", "")))
            except TelegramError as error:
                # Only the button's waiting sign stays a moment longer.
                logger.info("a press at bot %s was not answered: %s", self.key, error.code)

    def _pause(self, error: TelegramError, before: float) -> float:
        if error.message != self.trouble:
            logger.warning("bot of channel %s of %s cannot be asked: %s", self.key[1], self.key[0], error.code)
        self.trouble = error.message
        if error.code == 409:
            return CONFLICT
        if error.code == 429:
            return float(max(error.after, 1))
        return min(max(before * 2, SHORTEST), LONGEST)
