"""The rooms of the house: what the rail and the tabs link to. A room whose pages do not exist is left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, get_urlconf, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Page:
    """A page one can go to: its words, its URL name, the permission code it needs ("" for none)."""

    label: str | Promise
    name: str
    code: str = ""
    icon: str = "arrow-right"
    help: str | Promise = ""
    url: str = ""
    current: bool = False


@dataclass(frozen=True)
class Section:
    """A room: its entry in the rail, and its pages as tabs where there is more than one."""

    label: str | Promise
    icon: str
    pages: tuple[Page, ...]


SECTIONS = (
    Section(_("Inicio"), "house", (Page(_("Inicio"), "desk:home", icon="house"),)),
    Section(
        _("Bandeja"),
        "inbox",
        (
            Page(_("Conversaciones"), "inbox:home", "inbox.view", "inbox"),
            Page(_("Tickets"), "inbox:tickets", "inbox.view", "ticket"),
        ),
    ),
    Section(_("Clientes"), "users", (Page(_("Clientes"), "customers:list", "customers.view", "users"),)),
    Section(
        _("Cobranza"),
        "wallet",
        (
            Page(_("Esta noche"), "billing:tonight", "billing.view", "moon-star"),
            Page(_("Comprobantes"), "billing:receipts", "receipts.review", "image"),
            Page(_("Facturas"), "billing:invoices", "billing.view", "receipt-text"),
            Page(_("Notas de crédito"), "billing:credit_notes", "billing.view", "file-minus"),
            Page(_("Pagos"), "billing:payments", "billing.view", "banknote"),
            Page(_("Promesas"), "billing:promises", "billing.view", "handshake"),
            Page(_("Caja"), "billing:drawers", "payments.record", "wallet"),
            Page(_("Pagos en línea"), "billing:payment_requests", "billing.view", "credit-card"),
            Page(_("Estados de cuenta"), "billing:statements", "bank.import", "file-spreadsheet"),
            Page(_("Corridas"), "billing:runs", "billing.run", "calendar-clock"),
        ),
    ),
    Section(
        _("Red"),
        "router",
        (
            Page(_("Routers"), "network:routers", "network.view", "router"),
            Page(_("Accesos"), "network:accesses", "network.view", "cable"),
            Page(_("Sin resolver"), "network:stuck", "network.view", "octagon-alert"),
            Page(_("Fallas generales"), "network:outages", "network.operate", "triangle-alert"),
        ),
    ),
    Section(
        _("Informes"),
        "chart-no-axes-column",
        (
            Page(_("Resumen"), "figures:overview", "reports.view", "chart-no-axes-column"),
            Page(_("Cobranza"), "figures:collections", "reports.view", "banknote"),
            Page(_("Cartera vencida"), "figures:debt", "reports.view", "clock-alert"),
            Page(_("Ingreso recurrente"), "figures:recurring", "reports.view", "repeat"),
            Page(_("Cortes y reconexiones"), "figures:cuts", "reports.view", "plug-zap"),
        ),
    ),
    Section(_("Ajustes"), "settings", (Page(_("Ajustes"), "desk:settings", icon="settings"),)),
)

SETTINGS = (
    Page(_("Marca"), "desk:brand", "settings.edit", "palette", help=_("Nombre, colores, logo y datos de contacto")),
    Page(
        _("Política de cobranza"),
        "billing:policy",
        "billing.policy",
        "scale",
        help=_("Cuándo se factura, se recuerda y se corta"),
    ),
    Page(
        _("Condiciones propias"),
        "billing:terms",
        "billing.policy",
        "split",
        help=_("Zonas y clientes con otras fechas, recargos o cortes"),
    ),
    Page(
        _("Planes"), "customers:plans", "settings.edit", "gauge", help=_("Qué se vende, a cuánto y con qué impuestos")
    ),
    Page(_("Zonas"), "customers:zones", "settings.edit", "map-pin", help=_("Quiénes se facturan y se cortan juntos")),
    Page(_("Impuestos"), "customers:taxes", "billing.policy", "percent", help=_("Tasas y retenciones de las facturas")),
    Page(_("Series"), "billing:series", "billing.policy", "hash", help=_("Los números de facturas y notas de crédito")),
    Page(
        _("Cuentas y cajas"),
        "billing:accounts",
        "billing.policy",
        "landmark",
        help=_("Bancos y cajas por nombre, y si el efectivo pide caja abierta"),
    ),
    Page(
        _("Preguntar desde el teléfono"),
        "chatbot:numbers",
        icon="smartphone",
        help=_("Cifras, deudas, clientes y routers por WhatsApp, según su rol"),
    ),
    Page(_("Telegram"), "inbox:telegram", icon="send", help=_("Comprobantes a quien está de guardia, con botones")),
    Page(
        _("Documentos"),
        "billing:document_texts",
        "settings.edit",
        "file-text",
        help=_("Razón social, datos para pagar y textos de sus facturas y recibos"),
    ),
    Page(
        _("Pasarelas"),
        "billing:gateways",
        "gateways.edit",
        "credit-card",
        help=_("Mercado Pago, Stripe, Conekta y transferencias con referencia"),
    ),
    Page(
        _("Importar clientes"),
        "desk:imports",
        "imports.run",
        "file-up",
        help=_("Desde WispHub, con revisión antes de guardar"),
    ),
    Page(
        _("Canales"),
        "inbox:channels",
        "settings.edit",
        "plug",
        help=_("WhatsApp, Telegram, el chat de su página y el teléfono de pruebas"),
    ),
    Page(
        _("Plantillas"),
        "inbox:templates",
        "settings.edit",
        "layout-template",
        help=_("Textos de los avisos y plantillas aprobadas"),
    ),
    Page(
        _("Avisos recibidos"),
        "inbox:notifications",
        "settings.edit",
        "inbox",
        help=_("Lo que avisan los canales, tal como llegó, para volver a leerlo"),
    ),
    Page(
        _("Respuestas listas"),
        "inbox:canned",
        "inbox.reply",
        "zap",
        help=_("Textos que se ponen con una barra al responder"),
    ),
    Page(_("Etiquetas"), "inbox:labels", "settings.edit", "tag", help=_("Palabras que se ponen a las conversaciones")),
    Page(_("Equipos"), "inbox:teams", "settings.edit", "users", help=_("Quién atiende qué zonas, y cómo se reparte")),
    Page(
        _("Política de la bandeja"),
        "inbox:policy",
        "settings.edit",
        "clock",
        help=_("Horario, metas de respuesta y limpieza"),
    ),
    Page(_("Asistente"), "chatbot:settings", "bot.edit", "bot", help=_("Qué contesta solo y cuándo llama a alguien")),
    Page(
        _("Conocimiento"),
        "chatbot:knowledge",
        "bot.edit",
        "book-open",
        help=_("Preguntas y documentos con que contesta el asistente, y lo que no supo"),
    ),
    Page(
        _("Costos y calidad"),
        "chatbot:costs",
        "bot.edit",
        "circle-dollar-sign",
        help=_("Qué resolvió solo el asistente, por qué llamó a una persona y cuánto costó"),
    ),
    Page(_("Routers"), "network:routers", "network.edit", "router", help=_("Conexión, límites y pruebas")),
    Page(
        _("Redes permitidas"),
        "network:networks",
        "network.edit",
        "shield-check",
        help=_("En qué redes pueden estar sus routers"),
    ),
    Page(_("API"), "api_docs", "api.keys", "braces", help=_("Lo mismo que ve en pantalla, para sus programas")),
    Page(_("Guía de estilo"), "desk:styleguide", "settings.edit", "swatch-book", help=_("Cada pieza con su marca")),
)


def pages_for(user: Any) -> Iterator[tuple[Section, list[Page]]]:
    """Yield each section with the pages that exist and that `user` may open; empty sections are left out."""
    for section in SECTIONS:
        if section.icon == "settings" and not setting_pages(user):
            continue
        pages = [replace(page, url=url) for page in section.pages if (url := _url(page, user))]
        if pages:
            yield section, pages


def setting_pages(user: Any) -> list[Page]:
    """Return the settings that exist and that `user` may change."""
    return [replace(page, url=url) for page in SETTINGS if (url := _url(page, user))]


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Return `sections` for the rail, and `tabs` and `label` of the section the request is in."""
    here = request.path
    found: dict[str, Any] = {"sections": [], "tabs": [], "label": ""}
    places = list(pages_for(request.user))
    own = [page.url for _section, pages in places for page in pages]
    settings = [page.url for page in setting_pages(request.user) if page.url not in own]
    current_url = max((url for url in own + settings if _holds(url, here)), key=len, default="")
    if current_url in settings:  # a setting lives in its room, and is reached from Ajustes
        current_url = link("desk:settings")
    for section, pages in places:
        inside = any(page.url == current_url for page in pages)
        found["sections"].append(replace(pages[0], label=section.label, icon=section.icon, current=inside))
        if inside and len(pages) > 1:
            found["tabs"] = [replace(page, current=page.url == current_url) for page in pages]
            found["label"] = section.label
    return found


def _holds(url: str, here: str) -> bool:
    return here == url or (url != "/" and here.startswith(url))


def _url(page: Page, user: Any) -> str:
    return "" if page.code and not user.can(page.code) else link(page.name)


def link(name: str, *args: object) -> str:
    """Return the address of a page, or nothing where the room does not have it."""
    return _reversed(name, args, get_urlconf())


# Every page asks for the same thirty, and which rooms there are is settled when the process starts.
@lru_cache(maxsize=512)
def _reversed(name: str, args: tuple[object, ...], urlconf: str | None) -> str:
    try:
        return reverse(name, urlconf, args)
    except NoReverseMatch:
        return ""
