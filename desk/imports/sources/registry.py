"""The sources a provider can bring its customers from."""

from __future__ import annotations

from desk.imports.sources.base import Source
from desk.imports.sources.wisphub import WispHub

SOURCES: dict[str, Source] = {WispHub.kind: WispHub()}
