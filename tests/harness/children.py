"""What `processes` starts: sets Django up once, and forks a process for each script it is handed."""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import sys
import traceback
from typing import Any

from config.launch.children import die_with_parent

ORDERS = 1 << 16  # bytes; an order and its answer are shorter


def main(orders: socket.socket) -> None:
    """Obey orders until nobody is there to give them."""
    import django  # noqa: PLC0415 -- the module is also imported for its constant

    django.setup()
    from django.urls import get_resolver  # noqa: PLC0415 -- needs the settings

    assert get_resolver().url_patterns  # with all that they import
    gc.collect()
    gc.freeze()
    while True:
        said, pipes, _flags, _sender = socket.recv_fds(orders, ORDERS, 2)
        if not said:
            return
        order = json.loads(said)
        answer = _ended(order["ended"]) if "ended" in order else _fork(order, pipes, orders)
        orders.sendall(json.dumps(answer).encode())


def _ended(pid: int) -> int | None:
    found, status = os.waitpid(pid, os.WNOHANG)
    return status if found else None


def _fork(order: dict[str, Any], pipes: list[int], orders: socket.socket) -> int:
    bind_to_parent = die_with_parent(signal.SIGKILL)
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            bind_to_parent()
            orders.close()
            code = _run(order, pipes)
        finally:
            os._exit(code)
    for pipe in pipes:
        os.close(pipe)
    return pid


def _run(order: dict[str, Any], pipes: list[int]) -> int:
    """Be the script; returns the exit code."""
    from django.conf import settings  # noqa: PLC0415 -- needs the settings

    for number, pipe in enumerate(pipes):
        os.dup2(pipe, number)
        os.close(pipe)
    if order["with_errors"]:
        os.dup2(1, 2)
    sys.stdin, sys.stdout = os.fdopen(0), os.fdopen(1, "w")
    sys.argv = ["-c", *order["arguments"]]
    for name, value in order["settings"].items():
        setattr(settings, name, value)
    try:
        exec(compile(order["script"], "<child>", "exec"), {"__name__": "__main__"})  # noqa: S102 -- the test's own
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:  # noqa: BLE001 -- told as Python tells it
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
