"""The network side, /nms/api/v2.1: signing in, sites, devices, suspending, speeds, outages.

After UISP's published description of the API: https://help.ui.com/hc/en-us/articles/360042427293. Most of what it
answers may be null, and fields come that no description has; both are so here on purpose.
"""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.uisp.faults import NAMES
from simulators.uisp.state import Device, RefusedError, Site

if TYPE_CHECKING:
    from simulators.uisp.server import UispSimulator

BASE = "/nms/api/v2.1"
VERSION = "2.4.206"
_SPEED_LIMIT = 100_000_000_000


class Nms:
    """The endpoints, over the simulator's world."""

    def __init__(self, simulator: UispSimulator) -> None:
        self._simulator = simulator
        self._world = simulator.world
        self.tokens: dict[str, str] = {}
        # Accounts by user name: password, role, whether a second factor is asked for.
        self.users: dict[str, tuple[str, str, bool]] = {}

    def routes(self) -> list[Route]:
        """What is answered."""
        table = [
            ("/nms/version", "GET", self._version, False),
            ("/user/login", "POST", self._login, False),
            ("/user/logout", "POST", self._logout, True),
            ("/devices", "GET", self._devices, True),
            ("/devices/ips", "GET", self._ips, True),
            ("/devices/{id}", "GET", self._device, True),
            ("/sites", "GET", self._sites, True),
            ("/sites/{id}", "GET", self._site, True),
            ("/sites/{id}/qos", "GET", self._qos, True),
            ("/sites/{id}/qos", "PUT", self._set_qos, True),
            ("/sites/{id}/suspend", "POST", self._suspend, True),
            ("/sites/{id}/unsuspend", "POST", self._unsuspend, True),
            ("/outages", "GET", self._outages, True),
        ]
        return [Route(BASE + path, self._endpoint(act, guarded), methods=[verb]) for path, verb, act, guarded in table]

    def _endpoint(self, act: Any, guarded: bool) -> Any:
        async def answer(request: Request) -> Response:
            body = await request.body()
            self._simulator.note(request, body)
            with self._simulator.lock:
                role = self.tokens.get(request.headers.get("x-auth-token", ""), "")
                if guarded and not role:
                    return _error(401, "Unauthorized")
                if guarded and request.method != "GET" and role not in {"admin", "superadmin"}:
                    return _error(403, "Insufficient permissions")
                try:
                    given = json.loads(body) if body else {}
                    found = act(request, given)
                except RefusedError as refusal:
                    return _error(refusal.status, str(refusal))
                except ValueError:
                    return _error(400, "Invalid request payload JSON format")
            return found if isinstance(found, Response) else JSONResponse(found)

        return answer

    # -- signing in --------------------------------------------------------------------------------

    def _version(self, _request: Request, _given: Any) -> dict[str, Any]:
        return {"version": VERSION, "deployment": "docker", "build": "release.1", "time": "2026-09-01T10:00:00+00:00"}

    def _login(self, _request: Request, given: dict[str, Any]) -> Response:
        user = str(given.get("username", ""))
        password, role, two_factor = self.users.get(user, ("", "", False))
        if not password or not secrets.compare_digest(password.encode(), str(given.get("password", "")).encode()):
            return _error(401, "Invalid credentials.")
        if two_factor:
            return JSONResponse({"id": secrets.token_hex(8), "userId": user, "exp": 300000}, status_code=201)
        token = secrets.token_hex(16)
        self.tokens[token] = role
        shown = {"id": "1", "username": user, "role": role, "email": None, "sessionTimeout": 3600000}
        return JSONResponse(shown, headers={"x-auth-token": token})

    def _logout(self, request: Request, _given: Any) -> dict[str, Any]:
        self.tokens.pop(request.headers["x-auth-token"], None)
        return {"result": True, "message": "Logged out"}

    # -- devices -----------------------------------------------------------------------------------

    def _devices(self, request: Request, _given: Any) -> list[dict[str, Any]]:
        wanted = request.query_params.get("siteId", "")
        return [self.device_json(one) for one in self._world.devices.values() if wanted in {"", one.site_id}]

    def _device(self, request: Request, _given: Any) -> dict[str, Any]:
        device = self._world.devices.get(request.path_params["id"])
        if device is None:
            raise RefusedError(404, "Not found")
        return self.device_json(device)

    def _ips(self, request: Request, _given: Any) -> list[str]:
        asked = request.query_params
        return self._world.ips(
            suspended=asked.get("suspended") == "true",
            management=asked.get("management") == "true",
            site_id=asked.get("siteId", ""),
            client_id=asked.get("ucrmId", ""),
        )

    def device_json(self, device: Device) -> dict[str, Any]:
        """A device as it is told, with the nulls."""
        site = self._world.sites.get(device.site_id)
        status = "active" if device.online else "disconnected"
        about = None
        if site is not None:
            about = {"id": site.id, "name": site.name, "type": site.type, "status": status, "parent": None}
        return {
            "enabled": True,
            "identification": {
                "id": device.id, "name": device.name, "displayName": device.name, "hostname": device.name,
                "mac": device.mac or None, "model": "LBE-5AC", "modelName": None, "type": device.type,
                "role": device.role, "category": "wireless", "status": status, "firmwareVersion": None,
                "serialNumber": None, "site": about, "authorized": True, "updated": None,
            },
            "ipAddress": device.ip or None,
            "overview": {
                "status": status, "cpu": None, "ram": None, "temperature": None,
                "signal": -61 if device.online else None,
                "uptime": device.uptime if device.online else None, "lastSeen": None, "linkScore": {"score": None},
            },
            "attributes": None,
            "meta": {"maintenance": False, "alias": None},
            "interfaces": None,
            "novelty": {"since": 2027},
        }  # fmt: skip

    # -- sites -------------------------------------------------------------------------------------

    def _sites(self, request: Request, _given: Any) -> list[dict[str, Any]]:
        asked = request.query_params
        ids, kind = asked.getlist("id"), asked.get("type", "")
        ip, device = asked.get("ip", "").partition("/")[0], self._world.devices.get(asked.get("deviceId", ""))
        if asked.get("ucrm") is not None and not kind:
            raise RefusedError(400, "Filter ucrm can be used only with type")
        found = []
        for site in self._world.sites.values():
            if (ids and site.id not in ids) or (kind and not _is_of(site, kind)):
                continue
            if device is not None and device.site_id != site.id:
                continue
            if ip and not any(one.ip.partition("/")[0] == ip for one in self._world.devices_at(site.id)):
                continue
            if asked.get("ucrm") is not None and (asked["ucrm"] == "true") != (site.service_id is not None):
                continue
            found.append(self.site_json(site, details=asked.get("ucrmDetails") == "true"))
        return found

    def _site(self, request: Request, _given: Any) -> dict[str, Any]:
        return self.site_json(self._found(request), details=request.query_params.get("ucrmDetails") == "true")

    def _suspend(self, request: Request, _given: Any) -> dict[str, Any]:
        site = self._found(request)
        site.suspended = True
        return self.site_json(site, details=False)

    def _unsuspend(self, request: Request, _given: Any) -> dict[str, Any]:
        site = self._found(request)
        site.suspended = False
        return self.site_json(site, details=False)

    def _qos(self, request: Request, _given: Any) -> dict[str, Any]:
        return _shaping(self._found(request))

    def _set_qos(self, request: Request, given: dict[str, Any]) -> dict[str, Any]:
        site = self._found(request)
        for name in ("enabled", "downloadSpeed", "downloadBurstSize", "uploadSpeed", "uploadBurstSize", "aggregation"):
            if name not in given:
                raise RefusedError(400, f'child "{name}" fails because ["{name}" is required]')
        for name in ("downloadSpeed", "uploadSpeed"):
            if given[name] is not None and not 0 <= int(given[name]) <= _SPEED_LIMIT:
                raise RefusedError(400, f'child "{name}" fails because it is out of range')
        site.shaped, site.download, site.upload = given["enabled"], given["downloadSpeed"], given["uploadSpeed"]
        return _shaping(site)

    def _found(self, request: Request) -> Site:
        site = self._world.sites.get(request.path_params["id"])
        if site is None:
            raise RefusedError(404, "Not found")
        if site.type != "endpoint" and request.method != "GET":
            raise RefusedError(400, "Site is not a client site")
        return site

    def site_json(self, site: Site, *, details: bool) -> dict[str, Any]:
        """A site as it is told."""
        devices = self._world.devices_at(site.id)
        status = ("active" if any(one.online for one in devices) else "disconnected") if devices else "inactive"
        told: dict[str, Any] = {
            "id": site.id,
            "identification": {
                "id": site.id, "type": site.type, "name": site.name, "status": status, "updated": None,
                "suspended": site.suspended if site.type == "endpoint" else None, "parent": None, "colour": "new",
            },
            "description": {
                "address": None, "note": site.note or None, "contact": {"name": None, "phone": None, "email": None},
                "location": None, "deviceCount": len(devices), "endpoints": [], "sla": None,
                "ucrmId": str(site.client_id) if site.client_id else None,
                "ipAddresses": [one.ip.partition("/")[0] for one in devices if one.ip],
            },
            "notifications": {"type": "none", "users": []},
            "qos": _shaping(site),
            "ucrm": None,
        }  # fmt: skip
        if details and site.service_id is not None and site.client_id is not None:
            client, service = self._world.clients[site.client_id], self._world.services[site.service_id]
            told["ucrm"] = {
                "client": {"id": str(client.id), "name": f"{client.first} {client.last}".strip(), "isLead": False},
                "service": {
                    "id": str(service.id), "name": service.name, "status": service.status, "activeFrom": None,
                    "tariffId": str(service.plan_id), "trafficShapingOverrideEnabled": service.override is not None,
                },
                "changeRequest": None,
            }  # fmt: skip
        return told

    def _outages(self, request: Request, _given: Any) -> dict[str, Any]:
        if "count" not in request.query_params or "page" not in request.query_params:
            raise RefusedError(400, 'child "count" fails because ["count" is required]')
        away = [one for one in self._world.devices.values() if not one.online]
        count = int(request.query_params["count"])
        page = int(request.query_params["page"])
        shown = away[(page - 1) * count : page * count]
        items = [
            {
                "id": one.id, "type": "outage", "inProgress": True, "endTimestamp": None, "aggregatedTime": None,
                "device": {"id": one.id, "name": one.name}, "site": {"id": one.site_id},
            }
            for one in shown
        ]  # fmt: skip
        pages = max(1, -(-len(away) // count))
        return {
            "pagination": {"count": count, "total": len(away), "page": page, "pages": pages},
            "aggregation": None,
            "items": items,
        }


def _is_of(site: Site, kind: str) -> bool:
    return site.type == ("endpoint" if kind in {"endpoint", "client", "subscriber"} else kind)


def _shaping(site: Site) -> dict[str, Any]:
    return {
        "enabled": site.shaped, "propagation": None, "downloadSpeed": site.download, "uploadSpeed": site.upload,
        "downloadBurstSize": None, "uploadBurstSize": None, "aggregation": None,
    }  # fmt: skip


def _error(status: int, message: str) -> JSONResponse:
    body = {"statusCode": status, "error": NAMES.get(status, "Bad Request"), "message": message}
    return JSONResponse(body, status_code=status)
