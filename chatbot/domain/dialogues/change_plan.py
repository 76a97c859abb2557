"""Another plan: chosen, what it costs read back, and done as the staff does it, or left to them as a ticket."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from billing.domain.contracts import TermsRefused, contract_of, monthly_price, term_end
from billing.domain.plan_changes import ChangePreview, change_plan, default_when, preview_change
from chatbot import intents
from chatbot.domain.account_tools import services_of
from chatbot.domain.dialogues.base import Form, Progress, Question, Slot
from chatbot.domain.dialogues.filing import already_filed, file_ticket, find_open_ticket
from chatbot.domain.dialogues.services import SERVICE, service_of
from chatbot.domain.dialogues.telling import told_slots
from chatbot.domain.people_tools import reach_person
from chatbot.domain.plan_tools import offered_plans, plan_line, plan_options
from chatbot.domain.situations import Answer, Situation
from chatbot.staff_words import in_staff_language
from customers.models import Plan, Service
from events.domain import Actor
from inbox.models import Ticket
from tenants.current import tenant_today

SUBJECT = "Cambio de plan"  # the staff's
NEAR = frozenset({intents.PLANS_PRICES, intents.MY_PLAN, intents.REGISTER})


def _begin(s: Situation) -> Answer | None:
    if not services_of(s) or not offered_plans():
        return reach_person(s)
    ticket = find_open_ticket(s, Ticket.Category.CHANGE, subject=SUBJECT)
    return already_filed(ticket) if ticket else None


def _ask_plan(progress: Progress) -> Question:
    service = service_of(progress)
    plans = offered_plans(but=service.plan_id if service else None)
    lines = [f"- {plan_line(plan)}" for plan in plans]
    if service is not None:
        lines.insert(0, _("Hoy tiene %(plan)s. Puede cambiar a:") % {"plan": plan_line(service.plan)})
    return Question("\n".join([*lines, _("¿Cuál quiere?")]), plan_options(plans), _("Ver planes"))


def _chosen(progress: Progress) -> Plan | None:
    return Plan.objects.filter(pk=progress.get("plan") or 0, is_active=True).first()


def _preview(progress: Progress, service: Service, plan: Plan) -> ChangePreview | None:
    """What the change would do; None where it is for the staff: not allowed here, a price of their own, a term."""
    s = progress.s
    if not s.bot.changes_plans or service.price is not None:
        return None
    cheaper = monthly_price(plan, None) < monthly_price(service.plan, None)
    end = term_end(service, contract_of(service)) if cheaper else None
    if end is not None and end >= tenant_today(s.now):
        return None
    try:
        return preview_change(service=service, new_plan=plan, now=s.now, when=default_when(service, plan, None))
    except TermsRefused:
        return None


def _read_back(progress: Progress) -> str:
    service, plan = service_of(progress), _chosen(progress)
    if service is None or plan is None:
        return _("Le pido a una persona que vea su cambio de plan. ¿Confirma?")
    facts = {"old": service.plan.name, "new": plan_line(plan)}
    preview = _preview(progress, service, plan)
    if preview is None:
        return _("Pido su cambio de %(old)s a %(new)s; una persona lo revisa y se lo confirma. ¿Confirma?") % facts
    return "\n".join([_("Cambio su plan de %(old)s a %(new)s.") % facts, preview.sentence, _("¿Confirma?")])


def _act(progress: Progress) -> Answer:
    s, service, plan = progress.s, service_of(progress), _chosen(progress)
    if service is not None and plan is not None and _preview(progress, service, plan) is not None:
        with in_staff_language():
            change = change_plan(
                service_id=service.pk,
                new_plan=plan,
                actor=Actor.bot(),
                now=s.now,
                when=default_when(service, plan, None),
            )
        facts = {"plan": plan.name, "day": f"{change.effective_on:%d/%m/%Y}"}
        if change.effective_on > tenant_today(s.now):
            return Answer(_("Listo: su plan cambia a %(plan)s el %(day)s.") % facts)
        return Answer(_("Listo: su plan ya es %(plan)s. La velocidad cambia en unos minutos.") % facts)
    return file_ticket(
        progress,
        _("Listo, su solicitud es el folio %(number)s. Una persona se lo confirma por aquí."),
        subject=SUBJECT,
        details=told_slots(CHANGE_PLAN, progress.slots),
        category=Ticket.Category.CHANGE,
        service=service,
    )


def say_plan(value: object) -> str:
    """Return a chosen plan's name."""
    plan = Plan.objects.filter(pk=str(value)).first()
    return plan.name if plan else str(value)


CHANGE_PLAN = Form(
    name="change_plan",
    intent=intents.CHANGE_PLAN,
    begin=_begin,
    slots=(SERVICE, Slot("plan", _ask_plan, gettext_noop("Plan"), near=NEAR, shown=say_plan)),
    read_back=_read_back,
    act=_act,
)
