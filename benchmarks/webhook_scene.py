"""What the webhook benchmarks share: the product's processes, a Twilio channel, and calls signed beforehand."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from urllib.parse import urlencode

from twilio.request_validator import RequestValidator

from config.launch.children import free_port
from config.launch.processes import by_name
from events.domain import Actor
from inbox.domain.channels import add_channel

ROOT = Path(__file__).resolve().parent.parent
HOST = "norte.localhost"
SID, TOKEN, NUMBER = "AC" + "1" * 32, "clave-de-medicion", "whatsapp:+524440000001"
WAIT_S = 60.0


def connect() -> None:
    """Connect the number in the current provider."""
    add_channel(
        kind="twilio_whatsapp",
        name="WhatsApp",
        address=NUMBER,
        account=SID,
        auth_token=TOKEN,
        actor=Actor.system("Medición"),
        config={"public_base": f"https://{HOST}", "api_base": "http://127.0.0.1:9"},
    )


def form_of(number: int, *, customer: int, body: str = "¿Cuánto debo?") -> dict[str, str]:
    """The form of message `number`, from one of the customers."""
    sid = f"SM{number:032d}"
    phone = f"+52444{customer:07d}"
    return {
        "MessageSid": sid,
        "SmsMessageSid": sid,
        "AccountSid": SID,
        "From": f"whatsapp:{phone}",
        "To": NUMBER,
        "Body": body,
        "NumMedia": "0",
        "NumSegments": "1",
        "SmsStatus": "received",
        "ApiVersion": "2010-04-01",
        "ProfileName": f"Cliente {customer}",
        "WaId": phone.lstrip("+"),
        "MessageType": "text",
    }


def request_of(form: dict[str, str]) -> bytes:
    """The bytes of the POST, signed for the public address, as they come from the proxy."""
    signature = RequestValidator(TOKEN).compute_signature(f"https://{HOST}/hooks/twilio/", form)
    body = urlencode(form).encode()
    lines = [
        "POST /hooks/twilio/ HTTP/1.1",
        f"Host: {HOST}",
        "X-Forwarded-Proto: https",
        "X-Forwarded-For: 203.0.113.7",
        f"X-Twilio-Signature: {signature}",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


class Caller:
    """One connection that is kept open, as a proxy keeps it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None

    def call(self, request: bytes) -> int:
        """Send a request and return the status of its answer. A connection that was closed is opened again."""
        for last in (False, True):
            try:
                return self._once(request)
            except OSError:
                self.close()
                if last:
                    raise
        return 0

    def _once(self, request: bytes) -> int:
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=30)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            more = self._socket.recv(4096)
            if not more:
                raise ConnectionResetError
            answer += more
        status = int(answer[9:12])
        if status not in {200, 204}:
            raise RuntimeError(f"unexpected answer: {answer[:300]!r}")
        if b"connection: close" in answer.lower():
            self.close()
        return status

    def close(self) -> None:
        """Close it."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


@contextmanager
def web(settings: str = "config.settings") -> Iterator[int]:
    """One web process as production runs it; yields its port."""
    port = free_port()
    command = by_name("web").arguments(host="127.0.0.1", port=port)
    with process(command, {"DJANGO_SETTINGS_MODULE": settings}):
        wait_for_port(port)
        yield port


@contextmanager
def process(command: Sequence[str], environment: dict[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """A process of the product (`python -m ...`), killed at the end. Raises RuntimeError when it ended by itself."""
    with NamedTemporaryFile("w+b", suffix=".log") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            stdout=log,
            stderr=log,
        )
        try:
            yield child
            if child.poll() is not None:
                log.seek(0)
                raise RuntimeError(f"{command[0]} ended: {log.read()[-2000:]!r}")
        finally:
            child.kill()
            child.wait(timeout=20)


def wait_for_port(port: int) -> None:
    """Wait until somebody listens. Raises RuntimeError."""
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("nobody listens")
