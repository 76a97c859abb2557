"""What a UISP knows: sites, devices, clients, services, plans, and which addresses its gateway blocks. In memory."""

from __future__ import annotations

import ipaddress
import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

ACTIVE, ENDED, SUSPENDED = 1, 2, 3
PREPARED, PREPARED_BLOCKED, OBSOLETE, DEFERRED, QUOTED, INACTIVE = 0, 4, 5, 6, 7, 8
MONITORED = ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "2001:db8::/32")


@dataclass
class Device:
    """A radio or router. `management` addresses are never blocked."""

    id: str
    name: str
    mac: str
    ip: str
    site_id: str
    online: bool = True
    uptime: int = 3600
    management: bool = False
    role: str = "station"
    type: str = "airMax"


@dataclass
class Site:
    """A place. `endpoint` is a customer's home, `site` a tower."""

    id: str
    name: str
    type: str = "endpoint"
    suspended: bool = False
    client_id: int | None = None
    service_id: int | None = None
    note: str = ""
    # Bits per second; None: no limit of its own.
    download: int | None = None
    upload: int | None = None
    shaped: bool = False


@dataclass
class Client:
    """A customer of the CRM."""

    id: int
    first: str
    last: str
    company: str = ""
    user_ident: str = ""
    archived: bool = False


@dataclass
class Plan:
    """A service plan; speeds in Mbps. Each of its periods has an id of its own."""

    id: int
    name: str
    download: float
    upload: float
    period_ids: tuple[int, ...]


@dataclass
class Service:
    """A contracted service. `site_id` is the place it is bound to."""

    id: int
    client_id: int
    plan_id: int
    period_id: int
    name: str
    status: int = ACTIVE
    site_id: str | None = None
    reason_id: int | None = None
    periods: list[list[str | None]] = field(default_factory=list)
    override: dict[str, Any] | None = None
    prepaid: bool = False


class RefusedError(Exception):
    """What was asked cannot be: the status, and what is wrong by field."""

    def __init__(self, status: int, message: str, errors: dict[str, list[str]] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.errors = errors


class World:
    """Everything of one installation."""

    def __init__(self) -> None:
        self.sites: dict[str, Site] = {}
        self.devices: dict[str, Device] = {}
        self.clients: dict[int, Client] = {}
        self.services: dict[int, Service] = {}
        self.plans: dict[int, Plan] = {}
        self.reasons: dict[int, str] = {1: "Payments overdue"}
        self.requests: dict[str, dict[str, Any]] = {}
        # Without a gateway in the path of the traffic, suspending changes nothing on the wire.
        self.has_gateway = True
        self._next_id = 1000
        self._devices_at: defaultdict[str, list[Device]] = defaultdict(list)
        self._services_of: defaultdict[int, list[Service]] = defaultdict(list)

    def devices_at(self, site_id: str) -> list[Device]:
        """What stands at a place."""
        return self._devices_at[site_id]

    def services_of(self, client_id: int) -> list[Service]:
        """What a client contracted."""
        return self._services_of[client_id]

    def add_service(self, service: Service) -> None:
        """Add a service."""
        self.services[service.id] = service
        self._services_of[service.client_id].append(service)

    def new_id(self) -> int:
        """A number never given before."""
        self._next_id += 1
        return self._next_id

    def add_plan(self, name: str, download: float, upload: float) -> Plan:
        """Add a plan of two periods: one month and twelve."""
        plan = Plan(self.new_id(), name, download, upload, (self.new_id(), self.new_id()))
        self.plans[plan.id] = plan
        return plan

    def add_tower(self, name: str) -> Site:
        """Add a place that is nobody's home."""
        site = Site(str(uuid.uuid4()), name, type="site")
        self.sites[site.id] = site
        return site

    def add_device(self, site_id: str, *, name: str, mac: str, ip: str, **more: Any) -> Device:
        """Add a device at a place."""
        device = Device(str(uuid.uuid4()), name, mac, ip, site_id, **more)
        self.devices[device.id] = device
        self._devices_at[site_id].append(device)
        return device

    def add_customer(
        self,
        name: str,
        *,
        ip: str = "",
        mac: str = "",
        site_name: str | None = None,
        plan: Plan | None = None,
        suspended: bool = False,
        site_id: str = "",
        user_ident: str = "",
        online: bool = True,
    ) -> Service:
        """Add a client with a service, the place it is bound to and a device there."""
        first, _, last = name.partition(" ")
        client = Client(self.new_id(), first, last, user_ident=user_ident)
        self.clients[client.id] = client
        plan = plan or next(iter(self.plans.values()), None) or self.add_plan("Plan 50", 50, 10)
        service = Service(self.new_id(), client.id, plan.id, plan.period_ids[0], plan.name)
        self.add_service(service)
        site = Site(site_id or str(uuid.uuid4()), name if site_name is None else site_name)
        self.sites[site.id] = site
        if ip or mac:
            self.add_device(site.id, name=f"CPE {name}", mac=mac, ip=ip, online=online)
        self.bind(service, site.id)
        if suspended:
            self.suspend_service(service.id, 1, at="2026-11-01T00:00:00+0000")
        return service

    # -- what suspending does ----------------------------------------------------------------------

    def bind(self, service: Service, site_id: str) -> None:
        """Connect a service to a place. Raises RefusedError."""
        site = self.sites.get(site_id)
        if site is None or site.type != "endpoint":
            raise RefusedError(422, "Validation failed.", {"unmsClientSiteId": ["This UISP site does not exist."]})
        if site.service_id not in {None, service.id}:
            raise RefusedError(422, "Validation failed.", {"unmsClientSiteId": ["This UISP site is already used."]})
        self.unbind(service)
        service.site_id, site.client_id, site.service_id = site.id, service.client_id, service.id
        site.suspended = service.status == SUSPENDED
        self.shape(service)

    def unbind(self, service: Service) -> None:
        """Part a service from its place."""
        if service.site_id in self.sites:
            site = self.sites[service.site_id]
            site.client_id = site.service_id = None
        service.site_id = None

    def shape(self, service: Service) -> None:
        """Push the service's speed to its place."""
        if service.site_id is None:
            return
        site = self.sites[service.site_id]
        download, upload = self.speeds(service)
        site.shaped = True
        site.download = None if download is None else round(download * 1_000_000)
        site.upload = None if upload is None else round(upload * 1_000_000)

    def speeds(self, service: Service) -> tuple[float | None, float | None]:
        """The speeds in force, in Mbps; None is no limit."""
        if service.override is not None:
            return service.override["downloadSpeedOverride"], service.override["uploadSpeedOverride"]
        plan = self.plans[service.plan_id]
        return plan.download, plan.upload

    def suspend_service(self, service_id: int, reason_id: int | None, *, at: str) -> None:
        """Suspend by the CRM, which suspends the place too. Raises RefusedError."""
        service = self.services[service_id]
        if reason_id not in self.reasons:
            raise RefusedError(422, "Validation failed.", {"suspensionReasonId": ["This value is not valid."]})
        if service.status != ACTIVE:
            raise RefusedError(422, "Validation failed.", {"status": ["Service can't be suspended."]})
        service.status, service.reason_id = SUSPENDED, reason_id
        service.periods.append([at, None])
        if service.site_id:
            self.sites[service.site_id].suspended = True

    def cancel_suspend(self, service_id: int, *, at: str) -> None:
        """End a suspension by the CRM. Raises RefusedError."""
        service = self.services[service_id]
        if service.status != SUSPENDED:
            raise RefusedError(422, "Validation failed.", {"status": ["Service is not suspended."]})
        service.status, service.reason_id = ACTIVE, None
        service.periods[-1][1] = at
        if service.site_id:
            self.sites[service.site_id].suspended = False

    def ips(
        self, *, suspended: bool = False, management: bool = False, site_id: str = "", client_id: str = ""
    ) -> list[str]:
        """The customers' addresses within the monitored ranges, as the gateway's list has them."""
        networks = [ipaddress.ip_network(text) for text in MONITORED]
        found = []
        for device in self.devices.values():
            site = self.sites.get(device.site_id)
            if not device.ip or site is None or site.type != "endpoint" or (device.management and not management):
                continue
            if (suspended and not site.suspended) or (site_id and site.id != site_id):
                continue
            if client_id and str(site.client_id or "") != client_id:
                continue
            address = ipaddress.ip_interface(device.ip).ip
            if any(address in network for network in networks if network.version == address.version):
                found.append(str(address))
        return sorted(found)

    def reaches_internet(self, ip: str) -> bool:
        """Whether somebody at this address gets out: what suspending is about."""
        return not self.has_gateway or ip not in self.ips(suspended=True)
