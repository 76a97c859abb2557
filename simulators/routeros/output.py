"""What leaves a connection: collected, written in one go, or byte by byte when the link is bad."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import deque
from typing import cast

from .faults import Faults


class Output:
    """Collects the bytes of answers; `flush` sends them."""

    def __init__(self, transport: asyncio.Transport, faults: Faults) -> None:
        self._transport = transport
        self._faults = faults
        self._pieces: list[bytes] = []
        self._drops: deque[int] = deque()
        self._close_after = False

    def add(self, data: bytes) -> None:
        """Put bytes behind those already waiting."""
        self._pieces.append(data)

    def flush(self) -> None:
        """Send what waits."""
        if not self._pieces or self._transport.is_closing():
            return
        data = b"".join(self._pieces)
        self._pieces.clear()
        if self._drops or self._faults.trickle_ms:
            was_idle = not self._drops
            self._drops.extend(data)
            if was_idle:
                self._drip()
        else:
            self._transport.write(data)

    def _drip(self) -> None:
        if self._transport.is_closing():
            return
        pause = self._faults.trickle_ms / 1000
        if not pause:
            self._transport.write(bytes(self._drops))
            self._drops.clear()
        elif self._drops:
            self._transport.write(bytes((self._drops.popleft(),)))
            asyncio.get_running_loop().call_later(pause, self._drip)
            return
        if self._close_after:
            self._transport.close()

    def close(self) -> None:
        """End the connection once everything is sent."""
        self.flush()
        if self._drops:
            self._close_after = True
        else:
            self._transport.close()

    def reset(self) -> None:
        """End it as a crash would: a TCP reset, nothing more sent."""
        sock = cast("socket.socket | None", self._transport.get_extra_info("socket"))
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()
