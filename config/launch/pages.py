"""The one page shown without Django: what people see while a process is away."""

from __future__ import annotations

_PAGE = """<!doctype html>
<html lang="es">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="3">
<title>Un momento</title>
<style>
  :root { color-scheme: light dark; font: 1.0625rem/1.6 system-ui, sans-serif; }
  body { min-height: 90vh; display: grid; place-content: center; margin: 0; padding: 1.5rem; text-align: center; }
  h1 { font-size: 1.5rem; margin: 0 0 .5rem; }
  p { margin: 0; max-width: 36ch; opacity: .8; }
</style>
<h1>Un momento, por favor</h1>
<p>El sistema se está reiniciando. Esta página se actualiza sola; no se ha perdido nada de lo que ya guardó.</p>
</html>
"""


def unavailable() -> tuple[str, str]:
    """The page and its content type."""
    return _PAGE, "text/html"
