"""Customers with a simple queue: cut by making it as slow as good as nothing."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from network.drivers.base import GONE, Account, Found, Key, Setup, Speed, Step, Wanted
from network.drivers.mikrotik.connection import Row
from network.drivers.mikrotik.methods.base import (
    Method,
    View,
    add,
    address_of,
    change,
    is_on,
    no_such_cut,
    no_way_back,
    refuse,
    retire,
)
from network.drivers.mikrotik.rates import is_cut_rate, pair_of, parse_queue, plain, queue_values
from network.drivers.mikrotik.tables import Read

QUEUES = "/queue/simple"
_PROPERTIES = (
    *(".id", "name", "target", "max-limit", "burst-limit", "burst-threshold", "burst-time", "limit-at"),
    *("disabled", "dynamic", "comment"),
)


class Queue(Method):
    """Key: the queue's name. Never cut by disabling it: that takes the limit away."""

    kind = "queue"

    def bulk(self, setup: Setup) -> list[Read]:
        # Those that sessions and leases made come and go with them.
        return [Read(QUEUES, _PROPERTIES, (("dynamic", "false"),))]

    def single(self, wanted: Wanted, setup: Setup) -> list[Read]:
        return [Read(QUEUES, _PROPERTIES, (("name", wanted.key.name),), wanted.key)]

    def names(self, view: View) -> Iterable[str]:
        return [row["name"] for row in view.tables.rows(QUEUES) if "target" in row and not is_on(row, "dynamic")]

    def account(self, view: View, name: str, server: str = "") -> Account | None:
        row = view.tables.first(QUEUES, "name", name)
        if row is None:
            return None
        speed = parse_queue(row)
        passes = is_on(row, "disabled") or not is_cut_rate(speed, view.setup.cut_kbps)
        return Account(
            row[".id"],
            Key(self.kind, name),
            passes,
            speed=None if is_on(row, "disabled") or not (speed.down or speed.up) else speed,
            ip=_target(row),
            comment=row.get("comment", ""),
        )

    def steps(self, view: View, wanted: Wanted) -> list[Step]:
        row = view.tables.first(QUEUES, "name", wanted.key.name)
        cut = Speed(view.setup.cut_kbps, view.setup.cut_kbps)
        if row is None:
            return self._provide(view, wanted, cut) if wanted.provision and wanted.state != GONE else []
        if wanted.state == GONE:
            return retire(wanted, QUEUES, row)
        if wanted.on:
            return self._open(view, wanted, row)
        if wanted.cut_by not in {"", "speed"}:
            return [no_such_cut(wanted)]
        if wanted.speed is None:
            return [no_way_back(wanted)]
        return self._limit(wanted, row, cut)

    def _open(self, view: View, wanted: Wanted, row: Row) -> list[Step]:
        if wanted.speed is not None:
            return self._limit(wanted, row, wanted.speed)
        if not is_on(row, "disabled") and is_cut_rate(parse_queue(row), view.setup.cut_kbps):
            return [no_way_back(wanted)]
        return []

    def _limit(self, wanted: Wanted, row: Row, speed: Speed) -> list[Step]:
        values = {} if parse_queue(row) == plain(speed) else queue_values(speed)
        guaranteed = pair_of(row.get("limit-at", "0/0"))
        if (speed.up and guaranteed.up > speed.up) or (speed.down and guaranteed.down > speed.down):
            # More cannot be guaranteed than is let through.
            values["limit-at"] = "0/0"
        if wanted.provision and wanted.ip and _target(row) != wanted.ip:
            values["target"] = wanted.ip
        return change(wanted, QUEUES, row, {"disabled": "no", **values})

    def _provide(self, view: View, wanted: Wanted, cut: Speed) -> list[Step]:
        if not wanted.ip:
            return [refuse(wanted, _("Falta la IP del cliente: sin ella no se puede hacer su cola."))]
        if wanted.speed is None:
            return [no_way_back(wanted)]
        values = {"name": wanted.key.name, "target": wanted.ip, **queue_values(wanted.speed if wanted.on else cut)}
        return [add(wanted, QUEUES, values)]

    def survey(self, *, secrets: bool) -> list[Read]:
        return [Read(QUEUES, _PROPERTIES)]

    def found(self, view: View) -> list[Found]:
        found = []
        for name in self.names(view):
            account = self.account(view, name)
            if account is not None:
                found.append(
                    Found(
                        account.key,
                        account.ref,
                        account.enabled,
                        label=name,
                        ip=account.ip,
                        speed=account.speed,
                        comment=account.comment,
                    )
                )
        return found


def _target(row: Row) -> str:
    """The one address a queue is for, if it is one."""
    target = address_of(row.get("target", ""))
    return "" if "," in target else target
