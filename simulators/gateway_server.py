"""What the simulated payment gateways share: a server in a thread, faults, and notifications with a log of answers."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, fields
from html import escape
from urllib.parse import urlsplit, urlunsplit

import requests
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from simulators.threaded import ThreadedServer


@dataclass
class Faults:
    """What goes wrong. Counters (`*_next`) are used up; the others stay until they are set back."""

    fail_next: int = 0  # answer 500 and do nothing
    hang_next: int = 0  # answer nothing for `hang_seconds`, and do nothing
    drop_after_accept_next: int = 0  # do it, and answer nothing
    hang_seconds: float = 30.0
    duplicates: int = 0  # more copies of every notification
    delay: float = 0.0  # seconds before a notification leaves
    lose_notices: bool = False
    hold_notices: bool = False  # keep them until `release` sends them in another order
    wrong_signature: bool = False
    old_signature: bool = False

    def take(self, name: str) -> bool:
        """Use up one of a counter."""
        left = getattr(self, name)
        if left:
            setattr(self, name, left - 1)
        return bool(left)


@dataclass
class Delivery:
    """A notification on its way: where, what, and how to sign it when it leaves."""

    url: str
    body: bytes
    sign: Callable[[bytes], dict[str, str]]
    query: dict[str, str] = field(default_factory=dict)


class GatewayServer(ThreadedServer, ABC):
    """A gateway in a thread. Subclasses give `routes()`; `with Gateway() as gateway:` then talk to `gateway.url`."""

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.lock = threading.RLock()
        self.faults = Faults()
        self.answers: list[tuple[str, int]] = []
        self._held: list[Delivery] = []
        self._pool = ThreadPoolExecutor(max_workers=16, thread_name_prefix="gateway-notices")
        self.bind(host, port)
        self.serve(self.app())

    @abstractmethod
    def routes(self) -> list[Route]:
        """The vendor's endpoints, and the page where a person pays."""

    def app(self) -> Starlette:
        """All endpoints in one application."""
        return Starlette(routes=[*self.routes(), Route("/__control/faults", self._set_faults, methods=["POST"])])

    def stop(self) -> None:
        """Stop listening and drop what was still to be delivered."""
        super().stop()
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _set_faults(self, request: Request) -> Response:
        names = {field.name for field in fields(Faults)}
        for name, value in (await request.json()).items():
            if name in names:
                setattr(self.faults, name, value)
        return JSONResponse({"ok": True})

    async def troubled(self, act: Callable[[], Awaitable[Response]]) -> Response:
        """Answer a call of the vendor's API, with the fault that is due."""
        if self.faults.take("fail_next"):
            return JSONResponse({"error": {"message": "internal"}, "message": "internal"}, status_code=500)
        if self.faults.take("hang_next"):
            await asyncio.sleep(self.faults.hang_seconds)
            return Response(status_code=504)
        answer = await act()
        if self.faults.take("drop_after_accept_next"):
            await asyncio.sleep(self.faults.hang_seconds)
            return Response(status_code=504)
        return answer

    # -- notifications -----------------------------------------------------------------------------

    def notify(self, delivery: Delivery) -> None:
        """Send a notification from another thread, as often and as late as the faults say."""
        if self.faults.lose_notices or not delivery.url:
            return
        if self.faults.hold_notices:
            self._held.append(delivery)
            return
        for _copy in range(1 + self.faults.duplicates):
            self._pool.submit(self.deliver, delivery, self.faults.delay)

    def release(self) -> list[int]:
        """Send what was held, shuffled, one after the other; returns the answers."""
        held, self._held = self._held, []
        random.shuffle(held)
        return [self.deliver(delivery) for delivery in held]

    def deliver(self, delivery: Delivery, delay: float = 0.0) -> int:
        """Send one notification now and return the status of the answer (0: none)."""
        if delay:
            time.sleep(delay)
        url, headers = reachable(delivery.url)
        headers |= {"Content-Type": "application/json", **delivery.sign(delivery.body)}
        try:
            answer = requests.post(url, params=delivery.query, data=delivery.body, headers=headers, timeout=(5, 30))
        except requests.RequestException:
            self.answers.append((delivery.url, 0))
            return 0
        self.answers.append((delivery.url, answer.status_code))
        return answer.status_code


def reachable(url: str) -> tuple[str, dict[str, str]]:
    """Where to connect for a URL: ``norte.localhost`` is 127.0.0.1 with a Host header, in every resolver."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host != "localhost" and not host.endswith(".localhost"):
        return url, {}
    port = f":{parts.port}" if parts.port else ""
    return urlunsplit(parts._replace(netloc=f"127.0.0.1{port}")), {"Host": parts.netloc}


def pay_page(
    *, vendor: str, title: str, amount: str, rows: list[tuple[str, str]], acts: list[tuple[str, str]]
) -> Response:
    """A plain page where a person plays the customer: what is asked, and a button for each way it may end."""
    facts = "".join(f"<dt>{escape(label)}</dt><dd>{escape(value)}</dd>" for label, value in rows)
    buttons = "".join(f'<button name="act" value="{escape(value)}">{escape(label)}</button>' for value, label in acts)
    return HTMLResponse(
        f"""<!doctype html><html lang="es"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(vendor)}</title>
<style>body{{font:16px/1.5 system-ui;margin:0;background:#f4f5f7;color:#1c2430}}
main{{max-width:26rem;margin:6vh auto;background:#fff;padding:2rem;border-radius:12px;box-shadow:0 1px 4px #0002}}
h1{{font-size:1rem;color:#5b6776;margin:0}}p.sum{{font-size:2rem;margin:.25rem 0 1rem;font-weight:600}}
dt{{color:#5b6776;font-size:.85rem}}dd{{margin:0 0 .6rem}}
button{{display:block;width:100%;padding:.8rem;margin:.5rem 0;border:1px solid #c7cdd6;border-radius:8px}}
button{{background:#fff;font:inherit}}button:first-of-type{{background:#1257d6;color:#fff;border-color:#1257d6}}small{{color:#5b6776}}</style>
<main><h1>{escape(vendor)} · simulado</h1><p class="sum">{escape(amount)}</p><p>{escape(title)}</p><dl>{facts}</dl>
<form method="post">{buttons}</form><small>Nadie cobra nada: esta página hace de pasarela.</small></main></html>"""
    )
