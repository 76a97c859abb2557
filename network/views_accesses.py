"""Lists of accesses: on a router, and on all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import needs
from network.domain.listing import Listing, list_accesses
from network.methods import METHODS, key_label
from network.models import Access
from network.words import Words, access_words, session_text


@dataclass(frozen=True)
class AccessRow:
    """An access with its words."""

    access: Access
    words: Words
    since: str

    @property
    def key_label(self) -> str:
        """What its key is called."""
        return key_label(self.access.kind)

    @property
    def has_password(self) -> bool:
        """Whether its method knows passwords."""
        return "password" in METHODS[self.access.kind].fields


def access_rows(accesses: list[Access]) -> list[AccessRow]:
    now = timezone.now()
    return [AccessRow(access, access_words(access, now), session_text(access, now)) for access in accesses]


@needs("network.view")
def accesses(request: HttpRequest) -> HttpResponse:
    """The accesses of all routers."""
    template = "network/access_trs.html" if request.GET.get("parte") == "rows" else "network/accesses.html"
    return render(request, template, access_list(request, None))


def access_list(request: HttpRequest, router_id: int | None) -> dict[str, Any]:
    listing = Listing(
        router_id=router_id,
        text=request.GET.get("q", "").strip(),
        state=request.GET.get("estado", ""),
        kind=kind if (kind := request.GET.get("metodo", "")) in METHODS else "",
        after=number_in(request, "desde"),
    )
    found, more = list_accesses(listing)
    query = request.GET.copy()
    for name in ("desde", "parte"):
        query.pop(name, None)
    base = query.urlencode()
    return {
        "rows": access_rows(found),
        "q": listing.text,
        "state": listing.state,
        "states": _states(),
        "kind": listing.kind,
        "kinds": [(code, Access.Kind(code).label) for code in METHODS],
        "more": f"?{base}&parte=rows&desde={more}" if more else "",
        "one_router": router_id is not None,
    }


def _states() -> list[tuple[str, str]]:
    return [
        ("", _("Todos")),
        ("online", _("En línea")),
        ("offline", _("Sin sesión")),
        ("cut", _("Cortados")),
        ("pending", _("En camino")),
        ("failed", _("Con fallas")),
        ("stuck", _("Sin resolver")),
    ]


def number_in(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isdigit() and len(text) < 18 else None
