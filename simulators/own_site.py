"""A provider's own web site, with the line of the chat on it: ``python -m simulators.own_site --port 8031 --config F``.

It has no styles of ours: the chat has to look right on a page that knows nothing of it.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

PAGE = """<!doctype html>
<html lang="es"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{name}</title>
<style>
body {{ margin: 0; font: 18px/1.6 Georgia, serif; color: #222; background: #fff }}
header {{ padding: 48px 24px; color: #fff; background: {color} }}
header p {{ margin: 0; padding: 2px 8px; width: fit-content; color: #222; background: #fff }}
h1 {{ margin: 0 0 8px; padding: 2px 8px; width: fit-content; color: #222; background: #fff }}
main, footer {{ padding: 24px; max-width: 640px }}
footer {{ color: #555; font-size: 15px }}
button {{ border: 3px solid red }}
</style></head>
<body><header><h1>{name}</h1><p>Internet para su casa y su negocio</p></header>
<main><h2>Planes</h2><p>Fibra y antena, instalación en 48 horas. Pregunte por la cobertura de su calle en el chat de
abajo a la derecha.</p><p>Esta página es de muestra: hace de sitio web del proveedor.</p></main>
<footer>{address} · {phone}</footer>
<script src="{script}" async></script>
</body></html>
"""


def page_of(site: dict[str, str]) -> bytes:
    """Return a site's only page."""
    return PAGE.format(**{name: escape(value) for name, value in site.items()}).encode()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    pages: dict[str, bytes]


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        """Answer a site's page."""
        body = self.server.pages.get(self.path.partition("?")[0].strip("/"))
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_said: Any) -> None:
        """Say nothing of each visit."""


def serve(*, host: str, port: int, sites: list[dict[str, str]]) -> ThreadingHTTPServer:
    """Return a server of the sites, each under its slug; it does not listen for requests until it is run."""
    server = _Server((host, port), _Handler)
    server.pages = {site["slug"]: page_of(site) for site in sites}
    return server


def main() -> int:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(description="A stand-in for a provider's own web site.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--config", type=Path, required=True, help='JSON: {"sites": [{"slug", "name", "script", …}]}')
    options = parser.parse_args()
    server = serve(host=options.host, port=options.port, sites=json.loads(options.config.read_text())["sites"])
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write(f"own sites on http://{options.host}:{server.server_port}\n")
    sys.stdout.flush()
    ended.wait()
    server.shutdown()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
