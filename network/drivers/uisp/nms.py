"""UISP's network side: a customer is a site of type `endpoint`, cut by suspending it.

Suspending takes effect where a UISP router or EdgeRouter is set as the gateway: it blocks every address of the site's
devices. Without one nothing happens on the wire, and UISP does not tell.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from django.utils.translation import gettext as _

from network.drivers.base import (
    GONE,
    Account,
    Address,
    DriverError,
    Found,
    Identity,
    Key,
    Listener,
    Live,
    Session,
    Snapshot,
    Speed,
    Step,
    Survey,
    Wanted,
)
from network.drivers.uisp.answers import status_error
from network.drivers.uisp.client import Call, Client
from network.drivers.uisp.memory import Memory
from network.drivers.uisp.models import Device, Shaping, Site, Version, read_row
from network.drivers.uisp.session import UispSession

BASE = "/nms/api/v2.1"
KIND = "uisp_site"
SUSPEND, UNSUSPEND, SHAPE, LEAVE = "suspend", "unsuspend", "shape", "leave"
_TOKEN = "x-auth-token"  # noqa: S105 -- the header's name
_ENDPOINT = "endpoint"
# UISP takes at most 100 Gbit/s.
_MOST_BPS = 100_000_000_000


class UispNms:
    """The driver. Without a user name the password is a token made in UISP (Settings, Users, API tokens)."""

    def __init__(self) -> None:
        self._memory = Memory()

    def open(self, address: Address, *, deadline_s: float, listener: Listener) -> Session:
        """Connect and sign in, unless a token is at hand. Raises DriverError."""
        client = Client(address, listener, self._memory, deadline_s=deadline_s)
        if not address.username:
            client.sign(_TOKEN, address.password)
            return NmsSession(client)
        token = self._memory.token(address)
        if token:
            client.sign(_TOKEN, token, renew=lambda: sign_in(client))
        else:
            sign_in(client)
        return NmsSession(client)


def sign_in(client: Client) -> None:
    """Get a token for the user and sign with it. Raises DriverError."""
    address = client.address
    client.memory.keep_token(address, "")
    body = {"username": address.username, "password": address.password}
    reply = client.send(Call("POST", f"{BASE}/user/login", body=body, is_secret=True))
    if reply.status == 201:
        client.close()
        message = _("Esa cuenta de UISP pide un segundo paso al entrar: use un token, con el usuario vacío.")
        raise DriverError(message, permanent=True)
    if not reply.ok:
        raise client.refusal(reply)
    token = reply.headers.get(_TOKEN, "")
    if not token:
        client.close()
        raise status_error(401, None)
    client.memory.keep_token(address, token)
    client.sign(_TOKEN, token, renew=lambda: sign_in(client))


class NmsSession(UispSession, Session):
    """See network.drivers.base.Session."""

    def identify(self, *, deadline_s: float) -> Identity:
        """Ask for the version; the latency is that of this small exchange."""
        self._client.expire_in(deadline_s)
        started = time.monotonic()
        version = self._client.told(Version, f"{BASE}/nms/version")
        latency_ms = (time.monotonic() - started) * 1000
        return Identity(
            identity="",
            version=version.version,
            board="UISP",
            uptime="",
            latency_ms=latency_ms,
            fingerprint=self._client.fingerprint,
        )

    def observe(self, wanted: Sequence[Wanted] | None, *, deadline_s: float) -> Snapshot:
        """Two lists joined here, or each site and its devices by id."""
        self._client.expire_in(deadline_s)
        if wanted is None:
            sites, devices = self._read_all()
            accounts = [account_of(site, devices[site.identification.id]) for site in sites]
            return Snapshot({account.key: account for account in accounts}, complete=True)
        found = self._client.each(self._read_one, [one.key for one in wanted if one.key.kind == KIND])
        return Snapshot({account.key: account for account in found if account is not None}, complete=False)

    def steps(self, snapshot: Snapshot, wanted: Sequence[Wanted]) -> list[Step]:
        """Suspend or not, and the speed, where they differ. Nobody is kicked: the gateway drops what it blocks."""
        steps: list[Step] = []
        for one in wanted:
            account = snapshot.accounts.get(one.key)
            if account is None:
                continue
            if account.enabled != one.on:
                verb = UNSUSPEND if one.on else SUSPEND
                steps.append(
                    Step(one.key, verb, account.ref, Call("POST", f"{_site(one.key)}/{verb}", account=one.key))
                )
            if one.state == GONE and not account.enabled:
                said = _("UISP no deja quitar desde aquí un sitio con equipos: queda suspendido. Bórrelo en UISP.")
                steps.append(Step(one.key, LEAVE, account.ref, said))
            if one.on and one.speed is not None and account.speed != _plain(one.speed):
                body = _shaping(one.speed, account)
                steps.append(
                    Step(one.key, SHAPE, account.ref, Call("PUT", f"{_site(one.key)}/qos", body=body, account=one.key))
                )
        return steps

    def survey(self, *, deadline_s: float, secrets: bool = False) -> Survey:
        """Read all sites and devices."""
        self._client.expire_in(deadline_s)
        sites, devices = self._read_all(details=True)
        return Survey(tuple(_found(site, devices[site.identification.id]) for site in sites))

    def is_done(self, step: Step) -> bool:
        """Read the site again."""
        account = self._read_one(step.account)
        return account is not None and step.kind in {SUSPEND, UNSUSPEND} and account.enabled == (step.kind == UNSUSPEND)

    def _read_all(self, *, details: bool = False) -> tuple[list[Site], dict[str, list[Device]]]:
        query = {"type": _ENDPOINT, **({"ucrmDetails": "true"} if details else {})}
        sites = [site for site in self._client.told_rows(Site, f"{BASE}/sites", query=query) if _is_home(site)]
        devices: defaultdict[str, list[Device]] = defaultdict(list)
        for device in self._client.told_rows(Device, f"{BASE}/devices"):
            if device.identification.site is not None:
                devices[device.identification.site.id].append(device)
        return sites, devices

    def _read_one(self, key: Key) -> Account | None:
        raw = self._client.find(_site(key), account=key)
        if raw is None:
            return None
        site = self._client.parsed(lambda: read_row(Site, raw))
        if not _is_home(site):
            return None
        devices = self._client.told_rows(Device, f"{BASE}/devices", query={"siteId": key.name}, account=key)
        return account_of(site, devices)


def account_of(site: Site, devices: Iterable[Device]) -> Account:
    """Return a site as an account. Whoever is suspended is offline, even if their radio answers to UISP."""
    there = list(devices)
    enabled = not site.identification.suspended
    lives = tuple(
        Live(one.identification.id, one.ip, int(one.overview.uptime), one.identification.mac)
        for one in there
        if one.is_online and enabled
    )
    shaping = site.qos
    return Account(
        site.identification.id,
        Key(KIND, site.identification.id),
        enabled,
        lives,
        speed=_speed(shaping),
        ip=_first(one.ip for one in there) or _first(site.description.ip_addresses),
        mac=_first(one.identification.mac for one in there),
        label=site.identification.name,
        rows={"qos": ({name: str(value) for name, value in _kept(shaping).items() if value is not None},)},
    )


def _found(site: Site, devices: list[Device]) -> Found:
    account = account_of(site, devices)
    service, client = site.ucrm.service, site.ucrm.client
    notes = [client.name if client else "", site.description.note, site.description.address]
    # A home may have several devices, and each may be known here.
    ips = list(dict.fromkeys(one.ip for one in devices if one.ip))
    macs = list(dict.fromkeys(one.identification.mac for one in devices if one.identification.mac))
    notes += [*ips[1:], *macs[1:]]
    return Found(
        account.key,
        account.ref,
        account.enabled,
        label=site.identification.name,
        ip=account.ip,
        mac=account.mac,
        speed=account.speed,
        comment=" · ".join(note for note in notes if note),
        external=service.id if service else "",
        is_online=any(one.is_online for one in devices),
    )


def _is_home(site: Site) -> bool:
    """A tower is nobody's: it must never be suspended."""
    return site.identification.type == _ENDPOINT


def _speed(shaping: Shaping) -> Speed:
    if not shaping.enabled:
        return Speed(0, 0)
    return Speed(round((shaping.download or 0) / 1000), round((shaping.upload or 0) / 1000))


def _plain(speed: Speed) -> Speed:
    """UISP's burst is an amount of data, not a rate: ours is left out of it."""
    return Speed(speed.down, speed.up)


def _shaping(speed: Speed, account: Account) -> dict[str, object]:
    kept = account.rows["qos"][0] if account.rows.get("qos") else {}
    return {
        "enabled": bool(speed.down or speed.up),
        "downloadSpeed": min(speed.down * 1000, _MOST_BPS) or None,
        "uploadSpeed": min(speed.up * 1000, _MOST_BPS) or None,
        "downloadBurstSize": _number(kept.get("downloadBurstSize")),
        "uploadBurstSize": _number(kept.get("uploadBurstSize")),
        "aggregation": _number(kept.get("aggregation")),
        **({"propagation": kept["propagation"]} if "propagation" in kept else {}),
    }


def _kept(shaping: Shaping) -> dict[str, object]:
    return {
        "downloadBurstSize": shaping.download_burst,
        "uploadBurstSize": shaping.upload_burst,
        "aggregation": shaping.aggregation,
        "propagation": shaping.propagation,
    }


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)


def _first(values: Iterable[str]) -> str:
    return next((value for value in values if value), "")


def _site(key: Key) -> str:
    """The path of a site; what was typed as its id stays one part of it."""
    return f"{BASE}/sites/{quote(key.name, safe='')}"
