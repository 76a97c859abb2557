"""What the control interfaces of simulated messaging services share: faults, pace, and the log of webhooks."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


class ChannelControl:
    """The part of /_sim/ that every service has. `world` has faults, pace, deliveries and a lock."""

    world: Any

    def shared_routes(self) -> list[Route]:
        """Its endpoints."""
        return [
            Route("/_sim/faults", self.faults, methods=["GET", "PUT"]),
            Route("/_sim/pace", self.pace, methods=["PUT"]),
            Route("/_sim/deliveries", self.deliveries),
        ]

    async def faults(self, request: Request) -> Response:
        """PUT changes some faults; the answer is all of them."""
        if request.method == "PUT":
            try:
                self.world.faults.change(await request.json())
            except ValueError as error:
                return refused(error)
        return JSONResponse(asdict(self.world.faults))

    async def pace(self, request: Request) -> Response:
        """PUT changes how fast messages are sent, delivered and read (seconds; null: not by itself)."""
        for name, value in (await request.json()).items():
            if name not in asdict(self.world.pace):
                return refused(ValueError(f"Unknown pace: {name}"))
            setattr(self.world.pace, name, value)
        return JSONResponse(asdict(self.world.pace))

    async def deliveries(self, _request: Request) -> Response:
        """GET the log of webhooks with what the product answered."""
        with self.world.lock:
            return JSONResponse({"deliveries": list(self.world.deliveries)})


def refused(error: Exception) -> JSONResponse:
    """What is said to a request that makes no sense."""
    return JSONResponse({"error": str(error)}, status_code=400)
