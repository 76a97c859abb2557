"""UISP's CRM: a customer is a service, suspended with a reason; UISP suspends the site it is bound to by itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from django.utils.translation import gettext as _

from network.drivers.base import (
    GONE,
    Account,
    Address,
    Found,
    Identity,
    Key,
    Listener,
    Live,
    Outcome,
    Session,
    Snapshot,
    Speed,
    Step,
    Survey,
    Wanted,
)
from network.drivers.uisp.client import Call, Client
from network.drivers.uisp.memory import Memory
from network.drivers.uisp.models import (
    OFF,
    OVER,
    Reason,
    Service,
    ServicePlan,
    Told,
    Version,
    read_row,
)
from network.drivers.uisp.models import Client as CrmClient
from network.drivers.uisp.session import UispSession

K = TypeVar("K", bound=Told)
BASE = "/crm/api/v1.0"
KIND = "uisp_service"
SUSPEND, CANCEL, MOVE, OVERRIDE, END_OVERRIDE, END = (
    "suspend",
    "cancel-suspend",
    "plan",
    "override",
    "no-override",
    "end",
)
_OVERRIDE = "traffic-shaping-override"
_KEY = "X-Auth-App-Key"
PAGE = 500
# A list that changes while it is read is read again from the start, so often.
_TURNS = 3
# What a suspension is called in UISP when it has no reason of its own.
REASON = "Falta de pago"


class UispCrm:
    """The driver. The password is an application key of type Write (Settings, Security, App keys)."""

    def __init__(self) -> None:
        self._memory = Memory()

    def open(self, address: Address, *, deadline_s: float, listener: Listener) -> Session:
        """Connect; the key goes with every request. Raises DriverError."""
        client = Client(address, listener, self._memory, deadline_s=deadline_s)
        client.sign(_KEY, address.password)
        return CrmSession(client)


class CrmSession(UispSession, Session):
    """See network.drivers.base.Session."""

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self._plans: list[ServicePlan] | None = None
        self._reason_id: int | None = None
        self._reading = threading.Lock()

    def identify(self, *, deadline_s: float) -> Identity:
        """Ask for the version; the latency is that of this small exchange."""
        self._client.expire_in(deadline_s)
        started = time.monotonic()
        version = self._client.told(Version, f"{BASE}/version")
        latency_ms = (time.monotonic() - started) * 1000
        return Identity(
            identity="",
            version=version.version,
            board="UISP CRM",
            uptime="",
            latency_ms=latency_ms,
            fingerprint=self._client.fingerprint,
        )

    def observe(self, wanted: Sequence[Wanted] | None, *, deadline_s: float) -> Snapshot:
        """All pages of services, or each by id."""
        self._client.expire_in(deadline_s)
        if wanted is None:
            self._plans = None
            self._read_plans()
            accounts = [self._account(one) for one in self._read_all() if one.status not in OVER]
            return Snapshot({account.key: account for account in accounts}, complete=True)
        found = self._client.each(self._read_one, [one.key for one in wanted if _is_ours(one.key)])
        if any(one.profile for one in wanted):
            self._read_plans()
        accounts = [self._account(one) for one in found if one is not None and one.status not in OVER]
        return Snapshot({account.key: account for account in accounts}, complete=False)

    def steps(self, snapshot: Snapshot, wanted: Sequence[Wanted]) -> list[Step]:
        """Suspend or not, end, and plan and speed of whoever is on, where they differ."""
        steps: list[Step] = []
        for one in wanted:
            account = snapshot.accounts.get(one.key)
            if account is None:
                continue
            if one.state == GONE:
                steps.append(_step(one, account, END, verb="end"))
            elif account.enabled and not one.on:
                steps.append(_step(one, account, SUSPEND, verb="suspend"))
            elif one.on:
                if not account.enabled:
                    steps.append(_step(one, account, CANCEL, verb="cancel-suspend"))
                steps.extend(self._speed_steps(one, account))
        return steps

    def survey(self, *, deadline_s: float, secrets: bool = False) -> Survey:
        """Read all services and whose they are."""
        self._client.expire_in(deadline_s)
        clients = {client.id: client for client in self._pages(CrmClient, "/clients", lambda client: client.id)}
        services = [one for one in self._read_all() if one.status not in OVER]
        plans = self._read_plans()
        return Survey(
            tuple(_found(self._account(one), one, clients.get(one.client_id)) for one in services),
            profiles={Key(KIND, plan.name): _kbps(plan.download, plan.upload) for plan in plans},
        )

    def is_done(self, step: Step) -> bool:
        """Read the service again."""
        service = self._read_one(step.account)
        if step.kind == END:
            return service is None or service.status in OVER
        if service is None or step.kind not in {SUSPEND, CANCEL}:
            return False
        return (service.status in OFF) == (step.kind == SUSPEND)

    # -- steps -------------------------------------------------------------------------------------

    def _carry_out_one(self, step: Step) -> Outcome:
        if step.kind == SUSPEND and isinstance(step.call, Call):
            body = {"suspensionReasonId": self._read_reason()}
            step = replace(step, call=replace(step.call, body=body))
        return super()._carry_out_one(step)

    def _speed_steps(self, one: Wanted, account: Account) -> list[Step]:
        """The plan by its name or by the id of its period, and an override only where the plan is not the speed."""
        row = account.rows["service"][0]
        steps: list[Step] = []
        plan_speed = Speed(int(row["plan_down"]), int(row["plan_up"]))
        if one.profile:
            plan, period_id = self._plan(one.profile, row)
            if plan is None:
                said = _("No hay en UISP un plan que se llame «%(name)s».") % {"name": one.profile}
                return [Step(one.key, MOVE, account.ref, said)]
            plan_speed = _kbps(plan.download, plan.upload)
            if str(plan.id) != row["plan_id"]:
                steps.append(_step(one, account, MOVE, body={"servicePlanPeriodId": period_id}))
        if one.speed is None:
            return steps
        wanted = Speed(one.speed.down, one.speed.up)
        if wanted == plan_speed:
            if row["overridden"]:
                steps.append(_step(one, account, END_OVERRIDE, method="DELETE", verb=_OVERRIDE))
        elif not row["overridden"] or account.speed != wanted:
            body = {
                "downloadSpeedOverride": wanted.down / 1000 if wanted.down else None,
                "uploadSpeedOverride": wanted.up / 1000 if wanted.up else None,
                "trafficShapingOverrideEnd": None,
            }
            steps.append(_step(one, account, OVERRIDE, verb=_OVERRIDE, body=body))
        return steps

    def _plan(self, name: str, row: Mapping[str, str]) -> tuple[ServicePlan | None, int]:
        """Return a plan and the id of its period, that which the service has if it can be."""
        for plan in self._read_plans():
            ids = [period.id for period in plan.periods]
            if name.isdigit() and int(name) in ids:
                return plan, int(name)
            if plan.name == name and ids:
                usable = [period.id for period in plan.periods if period.enabled] or ids
                return plan, int(row["period_id"]) if int(row["period_id"]) in ids else usable[0]
        return None, 0

    # -- reading -----------------------------------------------------------------------------------

    def _read_plans(self) -> list[ServicePlan]:
        if self._plans is None:
            self._plans = self._client.told_rows(ServicePlan, f"{BASE}/service-plans")
        return self._plans

    def _read_reason(self) -> int:
        """Return the reason of our suspensions, which is made in UISP when it has none of this name."""
        with self._reading:
            if self._reason_id is None:
                self._reason_id = self._find_reason()
            return self._reason_id

    def _find_reason(self) -> int:
        reasons = self._client.told_rows(Reason, f"{BASE}/service-suspension-reasons")
        known = next((one.id for one in reasons if one.name == REASON), None)
        if known is not None:
            return known
        reply = self._client.send(Call("POST", f"{BASE}/service-suspension-reasons", body={"name": REASON}))
        if not reply.ok:
            raise self._client.refusal(reply)
        return self._client.parsed(lambda: read_row(Reason, reply.body)).id

    def _read_one(self, key: Key) -> Service | None:
        raw = self._client.find(f"{BASE}/clients/services/{int(key.name)}", account=key)
        return None if raw is None else self._client.parsed(lambda: read_row(Service, raw))

    def _read_all(self) -> list[Service]:
        return self._pages(Service, "/clients/services", lambda service: service.id)

    def _pages(self, kind: type[K], path: str, id_of: Callable[[K], int]) -> list[K]:
        """Return all rows of a list that is given in pages.

        Each page begins with the last row of the one before: when it does not, rows went or came meanwhile and some
        may be missing, which must not look as if they did not exist.
        """
        for _attempt in range(_TURNS):
            found: dict[int, K] = {}
            while True:
                overlap = 1 if found else 0
                query = {"limit": PAGE + overlap, "offset": len(found) - overlap}
                rows = self._client.told_rows(kind, f"{BASE}{path}", query=query)
                if overlap and (not rows or id_of(rows[0]) != next(reversed(found))):
                    break
                found |= {id_of(row): row for row in rows}
                if len(rows) < PAGE + overlap:
                    return list(found.values())
        raise self._client.changing()

    @staticmethod
    def _account(service: Service) -> Account:
        enabled = service.status not in OFF
        lives: tuple[Live, ...] = ()
        if enabled and service.site_status == "active":
            lives = (Live(service.site_id, "", -1),)
        plan_speed = _kbps(service.download, service.upload)
        override = _kbps(service.download_override, service.upload_override)
        row = {
            "plan_id": str(service.plan_id),
            "period_id": str(service.period_id),
            "plan_down": str(plan_speed.down),
            "plan_up": str(plan_speed.up),
            "overridden": "1" if service.is_overridden else "",
        }
        return Account(
            str(service.id),
            Key(KIND, str(service.id)),
            enabled,
            lives,
            speed=override if service.is_overridden else plan_speed,
            profile=service.plan_name,
            comment=service.name,
            rows={"service": (row,)},
        )


def _found(account: Account, service: Service, client: CrmClient | None) -> Found:
    notes = [client.ident if client else "", service.name, service.address]
    return Found(
        account.key,
        account.ref,
        account.enabled,
        label=client.label if client else service.name,
        profile=account.profile,
        speed=account.speed,
        comment=" · ".join(note for note in notes if note),
        external=service.site_id,
        is_online=service.site_status == "active",
    )


def _step(
    one: Wanted,
    account: Account,
    kind: str,
    *,
    method: str = "PATCH",
    verb: str = "",
    body: Mapping[str, object] | None = None,
) -> Step:
    path = f"{BASE}/clients/services/{account.ref}"
    call = Call(method, f"{path}/{verb}" if verb else path, body=body, account=one.key)
    return Step(one.key, kind, account.ref, call)


def _is_ours(key: Key) -> bool:
    return key.kind == KIND and key.name.isascii() and key.name.isdigit()


def _kbps(down: float | None, up: float | None) -> Speed:
    """Mbit/s as kbit/s; null is no limit."""
    return Speed(round((down or 0) * 1000), round((up or 0) * 1000))
