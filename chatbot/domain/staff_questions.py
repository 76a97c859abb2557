"""What the owner and the staff ask from their own number: read only, each by their role. No model reads it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Q, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from billing.domain.figures.flows import collected
from billing.domain.figures.period import Span
from billing.domain.money import ZERO
from billing.domain.queries import night_of, waiting_receipts
from billing.models import Decision, Invoice, Night
from customers.domain.listing import Query, rows_of, select_customers, services_with_holds
from customers.domain.search import find_customers
from customers.models import Customer, Zone
from customers.text import fold
from network.domain.queries import cut_count, figures_by_router, online_count, silent_routers
from network.models import Router
from tenants.current import current_tenant, tenant_today, tenant_zone
from tenants.formats import format_money

SHOWN = 6


@dataclass(frozen=True)
class Asked:
    """Who asks, when, and for what: `text` is the name, the zone or the router that was named."""

    user: User
    now: datetime
    text: str = ""


@dataclass(frozen=True)
class Question:
    """What can be asked: an example, the words that ask it, the permission codes it takes, and what it is about."""

    example: Any
    words: re.Pattern[str]
    codes: tuple[str, ...]
    answer: Callable[[Asked], str]
    about: Any
    # What more of it is told by role: those codes, where the one who asks has them.
    beside: tuple[str, ...] = ()


@dataclass(frozen=True)
class Told:
    """What a person of the staff is told, about what, and the codes it was made with; none where it says nothing."""

    text: str
    about: str = ""
    codes: tuple[str, ...] = ()


def answer_staff(*, user: User, text: str, now: datetime) -> Told | None:
    """Return the answer to a person of the staff; None for what is no question of theirs."""
    said = " ".join(re.sub(r"[¿?¡!,;:\"«»]", " ", fold(text)).split())
    for question in QUESTIONS:
        if found := question.words.search(said):
            if not all(user.can(code) for code in question.codes):
                return Told(_("Su rol no puede ver eso."))
            named = found.groupdict().get("named") or ""
            # What somebody owes stands beside their name where the one who asks may see it.
            more = tuple(code for code in question.beside if user.can(code) and code not in question.codes)
            told = question.answer(Asked(user, now, named.strip()))
            return Told(told, str(question.about), (*question.codes, *more))
    return None


def what_staff_may_ask(user: User) -> str:
    """Return what this person can ask, in words that work."""
    may = [question.example for question in QUESTIONS if all(user.can(code) for code in question.codes)]
    return "\n".join([_("Puede preguntarme:"), *(f"- {example}" for example in may)])


def tell_figures(asked: Asked) -> str:
    """Say what came in today, what is owed and how the network is."""
    today, currency = tenant_today(asked.now), current_tenant().currency
    got, month = collected(Span(today, today)), collected(Span(today.replace(day=1), today))
    late = Q(due_on__lt=today)
    debt = (
        Invoice.objects.unpaid()
        .filter(currency=currency)
        .aggregate(
            owed=Sum(F("total") - F("paid"), default=ZERO),
            overdue=Sum(F("total") - F("paid"), filter=late, default=ZERO),
            late=Count("customer", filter=late, distinct=True),
        )
    )
    facts = {
        "today": format_money(got.total, currency),
        "month": format_money(month.total, currency),
        "owed": format_money(debt["owed"], currency),
        "overdue": format_money(debt["overdue"], currency),
        "late": debt["late"],
        "waiting": waiting_receipts().count(),
        "online": online_count(),
        "cut": cut_count(),
    }
    return "\n".join(
        [
            _("Cobrado hoy: %(today)s; en el mes: %(month)s.") % facts,
            _("Por cobrar: %(owed)s; vencido: %(overdue)s de %(late)s clientes.") % facts,
            _("Comprobantes por revisar: %(waiting)s.") % facts,
            _("En línea: %(online)s; cortados: %(cut)s.") % facts,
        ]
    )


def tell_debtors(asked: Asked) -> str:
    """Say who owes most, and how much."""
    currency = current_tenant().currency
    rows = (
        Invoice.objects.unpaid()
        .filter(currency=currency, customer__in=Customer.objects.visible_to(asked.user))
        .order_by()
        .values("customer_id", "customer__name", "customer__code")
        .annotate(owed=Sum(F("total") - F("paid")), count=Count("id"))
        .order_by("-owed", "customer_id")[:SHOWN]
    )
    lines = [
        _("%(n)s. %(name)s (%(code)s): %(money)s en %(count)s facturas")
        % {
            "n": number,
            "name": row["customer__name"],
            "code": row["customer__code"],
            "money": format_money(row["owed"], currency),
            "count": row["count"],
        }
        for number, row in enumerate(rows, 1)
    ]
    return "\n".join([_("Los que más deben:"), *lines]) if lines else _("Nadie debe nada.")


def find_people(asked: Asked) -> str:
    """Say who has a name, a code or a phone."""
    if not asked.text:
        return _("¿A quién busco? Por ejemplo: «busca Ana Muñoz».")
    found = find_customers(asked.text, user=asked.user, limit=SHOWN + 1)
    return _people(found, asked) or _("No encontré a nadie con «%(text)s».") % {"text": asked.text[:60]}


def find_in_zone(asked: Asked) -> str:
    """Say who is in a zone."""
    zones = [zone for zone in Zone.objects.all() if asked.text and asked.text in fold(zone.name)]
    if len(zones) != 1:
        names = ", ".join(zone.name for zone in zones or Zone.objects.all()[:20])
        return _("¿Cuál zona? %(names)s") % {"names": names or _("No hay zonas.")}
    rows = select_customers(Query(zone=zones[0].pk), user=asked.user, now=asked.now)
    head = _("%(zone)s: %(count)s clientes.") % {"zone": zones[0].name, "count": rows.count()}
    return "\n".join(filter(None, [head, _people(list(rows.order_by("name_key", "id")[: SHOWN + 1]), asked)]))


def _people(found: list[Customer], asked: Asked) -> str:
    ids = [customer.pk for customer in found[:SHOWN]]
    rows = Customer.objects.visible_to(asked.user).filter(pk__in=ids).select_related("zone")
    full = {customer.pk: customer for customer in rows.prefetch_related(services_with_holds(asked.now), "contacts")}
    owes = _owed_by(ids) if asked.user.can("billing.view") else None
    lines = []
    for row in rows_of([full[pk] for pk in ids if pk in full], user=asked.user, now=asked.now, zone=tenant_zone()):
        parts = [f"{row.customer.name} ({row.customer.code})", row.plans, str(row.standing.short)]
        if owes is not None:
            parts.append(owes.get(row.customer.pk, _("no debe")))
        lines.append("- " + " · ".join(part for part in parts if part))
    if len(found) > SHOWN:
        lines.append(_("y más; dígame algo más del nombre."))
    return "\n".join(lines)


def _owed_by(customer_ids: list[int]) -> dict[int, str]:
    currency = current_tenant().currency
    rows = Invoice.objects.unpaid().filter(customer_id__in=customer_ids, currency=currency).order_by()
    sums = rows.values_list("customer_id").annotate(owed=Sum(F("total") - F("paid")))
    return {pk: _("debe %(money)s") % {"money": format_money(total, currency)} for pk, total in sums}


def tell_routers(asked: Asked) -> str:
    """Say how a router is, or all of them."""
    rows = Router.objects.visible_to(asked.user).order_by("name")
    found = [router for router in rows if not asked.text or asked.text in fold(router.name)]
    if not found:
        return _("No hay ningún router «%(text)s».") % {"text": asked.text[:60]} if rows else _("No hay routers.")
    if not asked.text:
        quiet = {router.pk for router in silent_routers(asked.now)}
        found.sort(key=lambda router: (router.pk not in quiet, router.name))
    figures = figures_by_router([router.pk for router in found[:SHOWN]])
    words = _router_words()
    lines = []
    for router in found[:SHOWN]:
        one = figures.get(router.pk)
        facts = {"name": router.name, "state": words[router.state(asked.now)]}
        facts |= {"online": one.online if one else 0, "total": one.total if one else 0}
        lines.append(_("%(name)s: %(state)s, %(online)s de %(total)s en línea.") % facts)
    if len(found) > SHOWN:
        lines.append(_("y %(count)s más.") % {"count": len(found) - SHOWN})
    return "\n".join(lines)


def _router_words() -> dict[str, str]:
    return {
        "off": _("fuera de uso"),
        "new": _("sin leer todavía"),
        "failing": _("no contesta"),
        "silent": _("sin noticias"),
        "up": _("bien"),
    }


def tell_cuts(asked: Asked) -> str:
    """Say what the night is to cut, and whether it waits for somebody."""
    night = night_of(tenant_today(asked.now))
    if night is None:
        return _("Para hoy no hay cortes previstos.")
    cuts = night.decisions.filter(action=Decision.Action.CUT, taken_out_at=None)
    amount = cuts.aggregate(sum=Sum("amount"))["sum"] or 0
    at = night.cut_at.astimezone(tenant_zone())
    facts = {
        "count": cuts.count(),
        "money": format_money(amount, current_tenant().currency),
        "at": f"{at:%H:%M}",
        "done": cuts.filter(outcome=Decision.Outcome.DONE).count(),
    }
    lines = [_("Cortes de hoy: %(count)s, por %(money)s, a las %(at)s.") % facts]
    if night.status == Night.Status.HELD:
        lines.append(_("Están detenidos por %(who)s.") % {"who": night.held_by})
    elif night.needs_approval and not night.approved_at:
        lines.append(_("Esperan que una persona los apruebe."))
    if facts["done"]:
        lines.append(_("Ya hechos: %(done)s.") % facts)
    return "\n".join(lines)


def _words(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns))


NAMED = r"(?: (?:al|a|la|el|los|las|clientes?|de|del|en|for|the)\b)*(?P<named>.*)"
QUESTIONS = (
    Question(
        gettext_lazy("«cortes de esta noche»"),
        _words(
            r"\bcort(?:e|es|an|amos|ar|ara|aran|aremos)\b.*\b(?:noche|hoy)\b", r"\bcuantos? cort", r"\bcuts? tonight\b"
        ),
        ("billing.view",),
        tell_cuts,
        gettext_lazy("cortes de hoy"),
    ),
    Question(
        gettext_lazy("«cifras de hoy»"),
        _words(
            r"\b(?:cifras|numeros|resumen|figures|numbers today)\b",
            r"\bcomo (?:vamos|va el dia)\b",
            r"\bcuanto (?:se |hemos |ha |va )?(?:cobr|entr|llev)\w*",
        ),
        ("reports.view", "billing.view"),
        tell_figures,
        gettext_lazy("cifras del día"),
    ),
    Question(
        gettext_lazy("«quién debe más»"),
        _words(r"\bquien(?:es)? (?:nos |me )?debe", r"\bdeben? mas\b", r"\b(?:deudores|morosos|quem deve|who owes)\b"),
        ("customers.view", "billing.view"),
        tell_debtors,
        gettext_lazy("quién debe más"),
    ),
    Question(
        gettext_lazy("«router Torre Norte»"),
        _words(rf"\b(?:routers?|mikrotiks?|nodos?)\b{NAMED}"),
        ("network.view",),
        tell_routers,
        gettext_lazy("estado de la red"),
    ),
    Question(
        gettext_lazy("«zona Centro»"),
        _words(rf"\bzon[ae]s?\b{NAMED}"),
        ("customers.view",),
        find_in_zone,
        gettext_lazy("clientes de una zona"),
        ("billing.view",),
    ),
    Question(
        gettext_lazy("«busca Ana Muñoz»"),
        _words(rf"\b(?:busca(?:r|me)?|search|find|clientes?)\b{NAMED}"),
        ("customers.view",),
        find_people,
        gettext_lazy("clientes"),
        ("billing.view",),
    ),
)
