"""The lanes: what can have work, which queue drains it, and with which function.

A drain function is `drain(*, now) -> datetime | None`: it runs inside the tenant, drains everything due and
returns when the lane next has work. `now` is for replies and reconnections, `bulk` for long work.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Lane:
    """`queue`: now, soon or bulk (Celery), or network (the network process's own loop).

    `in_turn`: its rows go in order, so that one drains at a time; elsewhere rows are claimed by whoever comes.
    """

    queue: str
    drain: str
    in_turn: bool = False


LANES: dict[str, Lane] = {
    "inbox.receive": Lane("now", "inbox.domain.notifications.drain", in_turn=True),
    "inbox.tidy": Lane("soon", "inbox.domain.tidying.drain"),
    "inbox.send": Lane("now", "inbox.domain.sending.drain"),
    "inbox.gestures": Lane("now", "inbox.domain.gestures.drain"),
    "inbox.media": Lane("now", "inbox.domain.media.drain"),
    "inbox.snoozed": Lane("soon", "inbox.domain.snoozing.drain"),
    "inbox.catch_up": Lane("soon", "inbox.domain.catching_up.drain"),
    "inbox.templates": Lane("soon", "inbox.domain.approvals.drain"),
    "chatbot": Lane("now", "chatbot.domain.turns.drain"),
    "billing.clock": Lane("soon", "billing.domain.clock.drain"),
    "billing.receipts": Lane("soon", "billing.domain.receipt_filing.drain"),
    "billing.gateways": Lane("now", "billing.domain.gateway_lane.drain"),
    "receipts.read": Lane("soon", "chatbot.domain.receipt_reading.drain"),
    "bank": Lane("bulk", "billing.bank.work.drain"),
    "receipts.pressed": Lane("now", "billing.domain.receipt_presses.drain"),
    "telegram": Lane("now", "inbox.domain.telegram.drain"),
    "imports": Lane("bulk", "desk.imports.run.drain"),
    "network": Lane("network", ""),
}
