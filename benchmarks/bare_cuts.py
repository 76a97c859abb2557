"""The least a mass cut can cost: a routeros-api script with a thread per router and nothing else.

It reads the same rows, writes the same commands, kicks the sessions and reads back; it knows no database. Given
{"ports": [...], "user": "...", "password": "...", "pipelined": true} on a line, it says {"seconds": 1.2}.

python -m benchmarks.bare_cuts
"""

from __future__ import annotations

import json
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from routeros_api import RouterOsApiPool
from routeros_api.base_api import Connection, encode_length

SECRET = {"proplist": ".id,name,disabled,profile,remote-address,comment"}
ACTIVE = {"proplist": ".id,name,address,uptime,caller-id"}


def _send_whole(self: Any, words: list[bytes]) -> None:
    """Send a sentence in one write.

    Word by word, as the library does it, a hundred threads queue for the interpreter after every word, and the script
    takes three seconds or twelve as it happens.
    """
    self.socket.send(b"".join(encode_length(len(word)) + word for word in [*words, b""]))


Connection.send_sentence = _send_whole


def _cut(port: int, user: str, password: str, *, pipelined: bool) -> None:
    pool = RouterOsApiPool("127.0.0.1", username=user, password=password, port=port, plaintext_login=True)
    api = pool.get_api()
    # Without this the library stalls 44 ms a call.
    pool.socket.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    secrets, active = api.get_resource("/ppp/secret"), api.get_resource("/ppp/active")
    reads = [secrets.call_async("print", SECRET), active.call_async("print", ACTIVE)]
    users, sessions = (read.get() for read in reads)
    calls = [(secrets, "set", {"id": row["id"], "disabled": "yes"}) for row in users if row["disabled"] != "true"]
    calls += [(active, "remove", {"id": row["id"]}) for row in sessions]
    if pipelined:
        for promise in [resource.call_async(verb, words) for resource, verb, words in calls]:
            promise.get()
    else:
        for resource, verb, words in calls:
            resource.call(verb, words)
    reads = [secrets.call_async("print", SECRET), active.call_async("print", ACTIVE)]
    users, sessions = (read.get() for read in reads)
    pool.disconnect()
    if sessions or any(row["disabled"] != "true" for row in users):
        raise RuntimeError(f"the router at {port} is not as it should be")


def _run(given: dict[str, Any]) -> float:
    began = time.perf_counter()
    with ThreadPoolExecutor(len(given["ports"])) as threads:
        done = [
            threads.submit(_cut, port, given["user"], given["password"], pipelined=given["pipelined"])
            for port in given["ports"]
        ]
        for one in done:
            one.result()
    return time.perf_counter() - began


def main() -> None:
    """Cut as often as asked."""
    for line in sys.stdin:
        sys.stdout.write(json.dumps({"seconds": _run(json.loads(line))}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
