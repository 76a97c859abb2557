"""A UISP in a thread: ``with UispSimulator() as uisp: uisp.world.add_customer("Ana", ip="10.1.0.1")``."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from simulators.announcing import announce
from simulators.threaded import ThreadedServer
from simulators.uisp.crm import Crm
from simulators.uisp.faults import Rule, Troubles
from simulators.uisp.nms import Nms
from simulators.uisp.state import World

USER = "enlace"
PASSWORD = "enlace"  # noqa: S105 -- a simulator's


@dataclass(frozen=True)
class Call:
    """A request as it came in."""

    method: str
    path: str
    query: str
    body: bytes


class UispSimulator(ThreadedServer):
    """One installation. `token` and the keys are accepted from the start; `certificate` makes it speak TLS."""

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        user: str = USER,
        password: str = PASSWORD,
        token: str = "",
        write_key: str = "",
        read_key: str = "",
        certificate: Path | None = None,
    ) -> None:
        self.lock = threading.RLock()
        self.world = World()
        self.calls: list[Call] = []
        self.nms, self.crm = Nms(self), Crm(self)
        self.nms.users[user] = (password, "admin", False)
        if token:
            self.nms.tokens[token] = "admin"
        self.crm.keys.update({key: kind for key, kind in ((write_key, "write"), (read_key, "read")) if key})
        self.troubles = Troubles(self._app())
        self.bind(host, port)
        if certificate:
            self.url = self.url.replace("http:", "https:", 1)
        self.serve(self.troubles, log_level="critical", ssl_certfile=certificate, timeout_graceful_shutdown=1)

    def _app(self) -> Starlette:
        control = [
            Route("/__control/rules", self._add_rule, methods=["POST"]),
            Route("/__control/sites", self._told_sites, methods=["GET"]),
        ]
        # Whatever else is asked for is the page of the web application.
        rest = Route("/{rest:path}", _page, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
        return Starlette(routes=[*self.nms.routes(), *self.crm.routes(), *control, rest])

    def start(self) -> Self:
        """Listen, and say where."""
        super().start()
        announce(self.host, self.port)
        return self

    # -- what tests and the demo do to it ----------------------------------------------------------

    def fail_on(self, match: str, action: str, **more: Any) -> Rule:
        """Let requests whose path holds `match` go wrong."""
        rule = Rule(match, action, **more)
        self.troubles.rules.append(rule)
        return rule

    def clear_faults(self) -> None:
        """Back to health."""
        self.troubles.rules.clear()
        self.troubles.latency_ms, self.troubles.refuses = 0.0, False

    def note(self, request: Request, body: bytes) -> None:
        """Keep what was asked."""
        self.calls.append(Call(request.method, request.url.path, request.url.query, body))

    def writes(self) -> list[str]:
        """What was asked to change, signing in aside: method and path."""
        return [f"{c.method} {c.path}" for c in self.calls if c.method != "GET" and not c.path.endswith("/login")]

    def suspended_names(self) -> set[str]:
        """The names of the places that are suspended."""
        return {site.name for site in self.world.sites.values() if site.suspended}

    def load(self, state: dict[str, Any]) -> None:
        """Take over a state written down: see `simulators/uisp/__main__.py`."""
        self.world.has_gateway = bool(state.get("gateway", True))
        plans = {one["name"]: self.world.add_plan(**one) for one in state.get("plans", [])}
        for name in state.get("towers", []):
            self.world.add_tower(name)
        for row in state.get("customers", []):
            plan = plans.get(row.pop("plan", ""))
            self.world.add_customer(**row, plan=plan)

    async def _add_rule(self, request: Request) -> Response:
        self.fail_on(**(await request.json()))
        return JSONResponse({"ok": True})

    async def _told_sites(self, _request: Request) -> Response:
        sites = [{"id": site.id, "name": site.name, "suspended": site.suspended} for site in self.world.sites.values()]
        return Response(json.dumps({"sites": sites, "blocked": self.world.ips(suspended=True)}))


async def _page(request: Request) -> Response:
    if "/api/" in request.url.path:
        return JSONResponse({"statusCode": 404, "error": "Not Found", "message": "Not Found"}, status_code=404)
    return HTMLResponse("<!DOCTYPE html><html><head><title>UISP</title></head><body></body></html>")
