"""The CRM, /crm/api/v1.0: clients, services, plans, suspension reasons, change requests.

After UISP's published description of the API. A read key may only GET (403 otherwise); without a key the answer is
401. `suspend` and `cancel-suspend` answer 200, and what their body holds is not described: here it is empty.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.uisp.state import DEFERRED, ENDED, Client, RefusedError, Service

if TYPE_CHECKING:
    from simulators.uisp.server import UispSimulator

BASE = "/crm/api/v1.0"


class Crm:
    """The endpoints, over the simulator's world."""

    def __init__(self, simulator: UispSimulator) -> None:
        self._simulator = simulator
        self._world = simulator.world
        # Application keys: "read" or "write".
        self.keys: dict[str, str] = {}

    def routes(self) -> list[Route]:
        """What is answered."""
        one = "/clients/services/{id:int}"
        table = [
            ("/version", "GET", self._version),
            ("/clients", "GET", self._clients),
            ("/clients/services", "GET", self._services),
            (one, "GET", self._service),
            (one, "PATCH", self._change),
            (f"{one}/suspend", "PATCH", self._suspend),
            (f"{one}/cancel-suspend", "PATCH", self._cancel_suspend),
            (f"{one}/end", "PATCH", self._end),
            (f"{one}/traffic-shaping-override", "PATCH", self._override),
            (f"{one}/traffic-shaping-override", "DELETE", self._end_override),
            (f"{one}/unmsclientsite/bind", "PATCH", self._bind),
            (f"{one}/unmsclientsite/unbind", "PATCH", self._unbind),
            ("/clients/{id:int}", "GET", self._client),
            ("/service-plans", "GET", self._plans),
            ("/service-suspension-reasons", "GET", self._reasons),
            ("/service-suspension-reasons", "POST", self._add_reason),
            ("/service-change-requests", "GET", self._requests),
            ("/service-change-requests", "POST", self._add_request),
            ("/service-change-requests/{id}/accept", "PATCH", self._accept),
        ]
        return [Route(BASE + path, self._endpoint(act), methods=[verb]) for path, verb, act in table]

    def _endpoint(self, act: Any) -> Any:
        async def answer(request: Request) -> Response:
            body = await request.body()
            self._simulator.note(request, body)
            with self._simulator.lock:
                kind = self.keys.get(request.headers.get("x-auth-app-key", ""), "")
                if not kind:
                    return _error(401, "User authentication failed.")
                if request.method != "GET" and kind != "write":
                    return _error(403, "App key is of the wrong type.")
                try:
                    found = act(request, json.loads(body) if body else {})
                except RefusedError as refusal:
                    return _error(refusal.status, str(refusal), refusal.errors)
                except ValueError:
                    return _error(400, "Invalid JSON.")
            return found if isinstance(found, Response) else JSONResponse(found)

        return answer

    def _version(self, _request: Request, _given: Any) -> dict[str, Any]:
        return {"version": "4.4.30"}

    # -- clients -----------------------------------------------------------------------------------

    def _clients(self, request: Request, _given: Any) -> list[dict[str, Any]]:
        asked = request.query_params
        text = asked.get("query", "").casefold()
        found = [
            client
            for client in self._world.clients.values()
            if client.archived == (asked.get("isArchived", "0") == "1")
            and asked.get("userIdent", client.user_ident) == client.user_ident
            and text in f"{client.first} {client.last} {client.company}".casefold()
        ]
        return [self.client_json(client) for client in _page(request, found)]

    def _client(self, request: Request, _given: Any) -> dict[str, Any]:
        client = self._world.clients.get(request.path_params["id"])
        if client is None:
            raise RefusedError(404, "Object is not found.")
        return self.client_json(client)

    def client_json(self, client: Client) -> dict[str, Any]:
        """A client as it is told."""
        services = self._world.services_of(client.id)
        return {
            "id": client.id, "userIdent": client.user_ident or None, "clientType": 2 if client.company else 1,
            "firstName": client.first or None, "lastName": client.last or None, "companyName": client.company or None,
            "organizationId": 1, "isArchived": client.archived, "isLead": False, "contacts": None, "username": None,
            "accountBalance": 0.0, "accountOutstanding": 0.0, "hasOverdueInvoice": None,
            "hasSuspendedService": any(one.status == 3 for one in services), "attributes": [], "novelty": None,
        }  # fmt: skip

    # -- services ----------------------------------------------------------------------------------

    def _services(self, request: Request, _given: Any) -> list[dict[str, Any]]:
        asked = request.query_params
        statuses = {int(text) for text in asked.getlist("statuses[]")}
        client = asked.get("clientId", "")
        found = [
            one
            for one in self._world.services.values()
            if (not statuses or one.status in statuses) and client in {"", str(one.client_id)}
        ]
        return [self.service_json(one) for one in _page(request, found)]

    def _service(self, request: Request, _given: Any) -> dict[str, Any]:
        return self.service_json(self._found(request))

    def _change(self, request: Request, given: dict[str, Any]) -> dict[str, Any]:
        service = self._found(request)
        if "servicePlanPeriodId" in given:
            self._move(service, given["servicePlanPeriodId"])
        if "name" in given:
            service.name = str(given["name"])
        return self.service_json(service)

    def _move(self, service: Service, period_id: Any) -> None:
        plan = next((one for one in self._world.plans.values() if period_id in one.period_ids), None)
        if plan is None or service.prepaid:
            raise RefusedError(422, "Validation failed.", {"servicePlanPeriodId": ["This value is not valid."]})
        service.plan_id, service.period_id, service.name = plan.id, period_id, plan.name
        self._world.shape(service)

    def _suspend(self, request: Request, given: dict[str, Any]) -> Response:
        service = self._found(request)
        self._world.suspend_service(service.id, given.get("suspensionReasonId"), at=_now())
        return Response(status_code=200)

    def _cancel_suspend(self, request: Request, _given: Any) -> Response:
        self._world.cancel_suspend(self._found(request).id, at=_now())
        return Response(status_code=200)

    def _end(self, request: Request, _given: Any) -> dict[str, Any]:
        service = self._found(request)
        if service.prepaid:
            raise RefusedError(422, "Validation failed.", {"service": ["Only for recurring services."]})
        service.status = ENDED
        if service.site_id:
            self._world.sites[service.site_id].suspended = True
        return self.service_json(service)

    def _override(self, request: Request, given: dict[str, Any]) -> dict[str, Any]:
        service = self._found(request)
        service.override = {
            name: given.get(name)
            for name in ("downloadSpeedOverride", "uploadSpeedOverride", "trafficShapingOverrideEnd")
        }
        self._world.shape(service)
        return self.service_json(service)

    def _end_override(self, request: Request, _given: Any) -> dict[str, Any]:
        service = self._found(request)
        service.override = None
        self._world.shape(service)
        return self.service_json(service)

    def _bind(self, request: Request, given: dict[str, Any]) -> dict[str, Any]:
        service = self._found(request)
        self._world.bind(service, str(given.get("unmsClientSiteId")))
        return self.service_json(service)

    def _unbind(self, request: Request, _given: Any) -> dict[str, Any]:
        service = self._found(request)
        self._world.unbind(service)
        return self.service_json(service)

    def _found(self, request: Request) -> Service:
        service = self._world.services.get(request.path_params["id"])
        if service is None:
            raise RefusedError(404, "Object is not found.")
        return service

    def service_json(self, service: Service) -> dict[str, Any]:
        """A service as it is told."""
        plan, override = self._world.plans[service.plan_id], service.override or {}
        return {
            "id": service.id, "clientId": service.client_id, "status": service.status, "name": service.name,
            "servicePlanId": plan.id, "servicePlanPeriodId": service.period_id, "servicePlanName": plan.name,
            "servicePlanPeriod": 1, "servicePlanType": "Internet", "prepaid": service.prepaid,
            "downloadSpeed": plan.download, "uploadSpeed": plan.upload, "price": None, "currencyCode": "PEN",
            "unmsClientSiteId": service.site_id, "unmsClientSiteStatus": self._site_status(service),
            "hasOutage": None, "suspensionReasonId": service.reason_id, "lastInvoicedDate": None,
            "suspensionPeriods": [
                {"id": number, "startDate": start, "endDate": end}
                for number, (start, end) in enumerate(service.periods, 1)
            ],
            "trafficShapingOverrideEnabled": service.override is not None,
            "downloadSpeedOverride": override.get("downloadSpeedOverride"),
            "uploadSpeedOverride": override.get("uploadSpeedOverride"),
            "trafficShapingOverrideEnd": override.get("trafficShapingOverrideEnd"),
            "fullAddress": None, "note": None, "attributes": [], "surcharges": None, "novelty": {"since": 2027},
        }  # fmt: skip

    def _site_status(self, service: Service) -> str | None:
        if service.site_id is None:
            return None
        devices = self._world.devices_at(service.site_id)
        if not devices:
            return "inactive"
        return "active" if any(one.online for one in devices) else "disconnected"

    # -- plans, reasons, changes -------------------------------------------------------------------

    def _plans(self, _request: Request, _given: Any) -> list[dict[str, Any]]:
        return [
            {
                "id": plan.id, "name": plan.name, "downloadSpeed": plan.download, "uploadSpeed": plan.upload,
                "organizationId": 1, "archived": False, "prepaid": False, "servicePlanType": "Internet",
                "periods": [
                    {"id": period_id, "period": months, "price": None, "enabled": months == 1}
                    for period_id, months in zip(plan.period_ids, (1, 12), strict=False)
                ],
            }
            for plan in self._world.plans.values()
        ]  # fmt: skip

    def _reasons(self, request: Request, _given: Any) -> list[dict[str, Any]]:
        rows = [{"id": number, "name": name} for number, name in self._world.reasons.items()]
        return list(_page(request, rows))

    def _add_reason(self, _request: Request, given: dict[str, Any]) -> Response:
        name = str(given.get("name") or "").strip()
        if not name:
            raise RefusedError(422, "Validation failed.", {"name": ["This value should not be blank."]})
        number = self._world.new_id()
        self._world.reasons[number] = name
        return JSONResponse({"id": number, "name": name}, status_code=201)

    def _requests(self, request: Request, _given: Any) -> list[dict[str, Any]]:
        return list(_page(request, list(self._world.requests.values())))

    def _add_request(self, _request: Request, given: dict[str, Any]) -> Response:
        service = self._world.services.get(given.get("serviceId", 0))
        if service is None:
            raise RefusedError(404, "Object is not found.")
        if not any(given.get("targetServicePlanPeriodId") in plan.period_ids for plan in self._world.plans.values()):
            raise RefusedError(422, "Validation failed.", {"targetServicePlanPeriodId": ["This value is not valid."]})
        made = {
            "id": str(uuid.uuid4()),
            "createdDate": _now(),
            "serviceId": service.id,
            "targetServicePlanPeriodId": given["targetServicePlanPeriodId"],
        }
        self._world.requests[made["id"]] = made
        return JSONResponse(made, status_code=201)

    def _accept(self, request: Request, _given: Any) -> Response:
        """Makes a deferred change, for the start of the next period that has no invoice."""
        asked = self._world.requests.pop(request.path_params["id"], None)
        if asked is None:
            raise RefusedError(404, "Object is not found.")
        known = self._world.services[asked["serviceId"]]
        deferred = Service(
            self._world.new_id(), known.client_id, known.plan_id, known.period_id, known.name, status=DEFERRED
        )
        self._move(deferred, asked["targetServicePlanPeriodId"])
        self._world.add_service(deferred)
        return Response(status_code=200)


def _page(request: Request, rows: list[Any]) -> list[Any]:
    start = int(request.query_params.get("offset", 0))
    limit = request.query_params.get("limit")
    return rows[start:] if limit is None else rows[start : start + int(limit)]


def _now() -> str:
    """A date as the CRM writes it: no colon in the offset."""
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


def _error(status: int, message: str, errors: dict[str, list[str]] | None = None) -> JSONResponse:
    body: dict[str, Any] = {"code": status, "message": message}
    return JSONResponse(body | ({"errors": errors} if errors else {}), status_code=status)
