"""Telegram's updates where it cannot call us: a thread a bot asks, this one keeps what came.

A row an update, committed, then the lane is woken: the same row and the same lane as after a webhook. Only then may
the bot's thread ask on, which is what makes Telegram forget them.
"""

from __future__ import annotations

import logging
import queue
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Event
from typing import Any

import psycopg
from django.db import DatabaseError, connection
from django.utils import timezone

from inbox.channels.telegram.config import PREFIX
from inbox.channels.telegram.polling import PATIENCE, Batch, Poller
from inbox.channels.telegram.reader import envelope_of
from inbox.domain.carriers import carrier_config
from inbox.domain.notifications import NotStorable, store
from inbox.domain.telegram_channels import KIND
from inbox.models import Channel
from tenants.current import entered
from tenants.models import Route, Tenant
from tenants.sealing import SealError

logger = logging.getLogger(__name__)

LOOK = 20.0  # seconds between two looks for bots that came, went or have another token
TURN = 0.5  # seconds to wait for a batch before looking whether to end


@dataclass(frozen=True)
class Bot:
    """A bot to ask: `hook` names its channel in what is stored."""

    tenant: Tenant
    channel_id: int
    hook: str
    base: str
    token: str = field(repr=False)

    @property
    def key(self) -> tuple[str, int]:
        """The provider's schema and the channel."""
        return self.tenant.schema_name, self.channel_id


def bots_to_ask(*, only: str = "") -> list[Bot]:
    """Return the active bots of all providers, or of the one whose slug is `only`. One without a readable token is
    left out and logged."""
    routes = Route.objects.filter(provider=KIND, number__startswith=PREFIX, tenant__status=Tenant.Status.READY)
    if only:
        routes = routes.filter(tenant__slug=only)
    tenants = {row.tenant_id: row.tenant for row in routes.select_related("tenant__brand")}
    found: list[Bot] = []
    for tenant in tenants.values():
        with entered(tenant):
            for channel in Channel.objects.filter(kind=KIND, is_active=True).order_by("id"):
                base = str(carrier_config(channel.config, kind=KIND)["api_base"])
                try:
                    found.append(Bot(tenant, channel.pk, str(channel.hook), base, channel.reveal("auth_token")))
                except SealError:
                    logger.exception("the token of channel %s of %s cannot be opened", channel.pk, tenant.slug)
    return found


class Polling:
    """Asks for all bots until told to stop. ``unhook``: take a webhook that is set away, so that asking is allowed."""

    def __init__(self, *, only: str = "", unhook: bool = False, patience: int = PATIENCE) -> None:
        self.only = only
        self.unhook = unhook
        self.patience = patience
        self.bots: dict[tuple[str, int], Bot] = {}
        self.pollers: dict[tuple[str, int], Poller] = {}
        self._batches: queue.Queue[Batch] = queue.Queue()

    def run(self, stop: Event) -> None:
        """Keep what comes until `stop`; what was not committed by then is told again to whoever asks next."""
        looked = float("-inf")
        while not stop.is_set():
            if time.monotonic() - looked >= LOOK:
                looked = self._look()
            try:
                batch = self._batches.get(timeout=TURN)
            except queue.Empty:
                continue
            self._keep(batch)
        for poller in self.pollers.values():
            poller.stop()

    def _look(self) -> float:
        """Begin to ask for new bots, and end with those that are gone or have another token."""
        try:
            bots = {bot.key: bot for bot in bots_to_ask(only=self.only)}
        except (DatabaseError, psycopg.Error):
            logger.exception("the bots cannot be read now")
            connection.close()
            return time.monotonic()
        for key in [key for key, poller in self.pollers.items() if bots.get(key) != self.bots[key]]:
            self.pollers.pop(key).stop()
        self.bots = bots
        for key, bot in bots.items():
            if key not in self.pollers or not self.pollers[key].is_alive():
                self.pollers[key] = Poller(
                    key=key,
                    token=bot.token,
                    base=bot.base,
                    batches=self._batches,
                    patience=self.patience,
                    unhook=self.unhook,
                )
                self.pollers[key].start()
        return time.monotonic()

    def _keep(self, batch: Batch) -> None:
        bot = self.bots.get(batch.key)
        if bot is None:  # switched off meanwhile: what waits, waits at Telegram
            batch.settle(kept=False)
            return
        try:
            keep_updates(bot=bot, updates=batch.updates)
        except (DatabaseError, psycopg.Error):
            logger.exception("%s updates of channel %s cannot be kept now", len(batch.updates), bot.channel_id)
            connection.close()
            batch.settle(kept=False)
        else:
            batch.settle(kept=True)


def keep_updates(*, bot: Bot, updates: Sequence[dict[str, Any]]) -> int:
    """Store updates as a webhook would, committed on return; return how many were new. Raises DatabaseError.

    One that the database cannot hold is kept as its number and why, so that it does not stand before all others.
    """
    envelopes = [envelope_of(bot.hook, update) for update in updates]
    now = timezone.now()
    try:
        return store(tenant=bot.tenant, channel_id=bot.channel_id, envelopes=envelopes, now=now)
    except NotStorable:
        logger.warning("an update of channel %s of %s cannot be kept whole", bot.channel_id, bot.tenant.slug)
    return sum(_keep_alone(bot, update) for update in updates)


def _keep_alone(bot: Bot, update: dict[str, Any]) -> int:
    now = timezone.now()
    try:
        return store(tenant=bot.tenant, channel_id=bot.channel_id, envelopes=[envelope_of(bot.hook, update)], now=now)
    except NotStorable as error:
        left = {"update_id": update["update_id"], "unstorable": str(error)}
        return store(tenant=bot.tenant, channel_id=bot.channel_id, envelopes=[envelope_of(bot.hook, left)], now=now)
