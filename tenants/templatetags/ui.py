"""Small pieces of the surface that need a decision: which word, icon, initials. Shown on /styleguide."""

from __future__ import annotations

import zlib
from functools import lru_cache

from django import template
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from lucide.templatetags.lucide import lucide

register = template.Library()

STATUSES = {
    "active": (_("Activo"), "circle-check"),
    "due": (_("Por vencer"), "clock"),
    "overdue": (_("Vencido"), "triangle-alert"),
    "cut": (_("Cortado"), "circle-x"),
    "paused": (_("Pausado"), "circle-pause"),
    "waiting": (_("En espera"), "hourglass"),
}


@register.simple_tag
def icon(name: str, size: int = 16) -> str:
    """`{% icon "users" %}`: a Lucide icon that screen readers skip; the word beside it says it."""
    return _drawn(str(name), size)


# A page draws some twenty, and reading one's XML costs more than a row of a list.
@lru_cache(maxsize=1024)
def _drawn(name: str, size: int) -> str:
    return str(lucide(name, size=size, aria_hidden="true", focusable="false"))


@register.simple_tag
def status(kind: str, word: str = "", icon_name: str = "", *, chip: bool = False) -> str:
    """`{% status "cut" %}`, `{% status "cut" "Cortado desde el 3 nov" chip=True %}`: always word and icon.

    An unknown kind is drawn grey, with its own word.
    """
    default_word, default_icon = STATUSES.get(kind, (kind, "circle-dashed"))
    return format_html(
        '<span class="status status--{}{}">{}<span>{}</span></span>',
        kind,
        " status--chip" if chip else "",
        _drawn(str(icon_name or default_icon), 14),
        word or default_word,
    )


@register.simple_tag
def avatar(name: str, size: str = "") -> str:
    """`{% avatar customer.name %}`, size `small` or `large`: initials, with a colour that stays the name's."""
    words = [w for w in str(name).split() if w[:1].isalnum()]
    initials = "".join(w[0] for w in (words[:1] + words[1:2])).upper() or "?"
    shade = zlib.crc32(str(name).encode()) % 6
    extra = f" avatar--{size}" if size else ""
    return format_html('<span class="avatar avatar--{}{}" aria-hidden="true">{}</span>', shade, extra, initials)


@register.filter
def initial(name: str) -> str:
    """`{{ brand.name|initial }}`: the letter of a monogram where there is no logo."""
    return next((c.upper() for c in str(name) if c.isalnum()), "•")


@register.filter
def ring(done: float | None, total: float | None) -> str:
    """`stroke-dasharray="{{ done|ring:total }}"` of a progress ring whose pathLength is 100."""
    share = 0 if not total else min(max((done or 0) / total, 0), 1)
    return f"{share * 100:.1f} 100"


@register.filter
def allows(user: object, code: str) -> bool:
    """`{% if user|allows:"payments.record" %}`."""
    can = getattr(user, "can", None)
    return bool(can and can(code))
