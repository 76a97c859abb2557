"""Contracting: name, zone, address and plan, read back; a free trial where the bot gives one, else the staff's."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from chatbot import intents
from chatbot.domain.dialogues.base import Form, Progress, Question, Reply, Slot, Value
from chatbot.domain.dialogues.change_plan import say_plan
from chatbot.domain.dialogues.filing import already_filed, file_ticket, find_open_ticket
from chatbot.domain.dialogues.replies import read_option, read_place, say_place
from chatbot.domain.dialogues.telling import told_slots
from chatbot.domain.plan_tools import offered_plans, plan_line, plan_options
from chatbot.domain.situations import Answer, Option, Situation
from chatbot.domain.trials import Applicant, Trial, give_trial, is_made, may_try
from chatbot.models import Bot
from chatbot.staff_words import for_staff, in_staff_language
from customers.models import Plan, Zone
from customers.phones import parse_phones
from inbox.addresses import is_valid, phone_of, phone_variants
from inbox.models import Priority, Ticket
from tenants.current import current_tenant, tenant_today
from tenants.formats import format_day

SUBJECT = "Quiere contratar"  # the staff's
OTHER = "other"
MOST_ZONES = 9
NEAR = frozenset(intents.MEANINGS) - {intents.HUMAN, intents.REPORT_FAULT, intents.PAYMENT_MADE, intents.BALANCE}


def _begin(s: Situation) -> Answer | None:
    ticket = find_open_ticket(s, Ticket.Category.INSTALLATION, subject=SUBJECT)
    return already_filed(ticket) if ticket else None


def _ask_name(_progress: Progress) -> Question:
    return Question(_("Con gusto. ¿A nombre de quién? Escriba nombre y apellidos."))


def _read_name(_progress: Progress, _question: Question, reply: Reply) -> Value | None:
    words = " ".join(reply.text.split())
    return words[:160] if len(words.split()) > 1 and not any(letter.isdigit() for letter in words) else None


def _ask_zone(_progress: Progress) -> Question:
    names = Zone.objects.order_by("name").values_list("pk", "name")[:MOST_ZONES]
    options = (*(Option(str(pk), name) for pk, name in names), Option(OTHER, _("Otra")))
    return Question(_("¿En qué zona está?"), options, _("Ver zonas"))


def _ask_address(_progress: Progress) -> Question:
    return Question(_("¿En qué dirección? Escríbala completa o mándeme la ubicación."))


def _ask_plan(_progress: Progress) -> Question:
    plans = offered_plans()
    lines = [f"- {plan_line(plan)}" for plan in plans]
    return Question("\n".join([*lines, _("¿Qué plan quiere?")]), plan_options(plans), _("Ver planes"))


def _ask_phone(_progress: Progress) -> Question:
    return Question(_("¿A qué teléfono le llamamos?"))


def _read_phone(_progress: Progress, _question: Question, reply: Reply) -> Value | None:
    found = parse_phones(reply.text, current_tenant().country)
    return found[0] if found else None


def _say_zone(value: object) -> str:
    zone = Zone.objects.filter(pk=str(value)).first() if str(value).isdecimal() else None
    return zone.name if zone else _("Otra")


def phone_in(progress: Progress) -> str:
    """Return the applicant's phone: where they write from, else the one they gave."""
    conversation = progress.s.conversation
    phone = phone_of(conversation.address) or conversation.phone or str(progress.get("phone"))
    return next((variant for variant in phone_variants(phone) if is_valid(variant)), phone) if phone else ""


def _applicant(progress: Progress) -> Applicant:
    zone = str(progress.get("zone"))
    return Applicant(
        name=str(progress.get("name")),
        phone=phone_in(progress),
        place=progress.get("address"),
        zone=Zone.objects.filter(pk=zone).first() if zone.isdecimal() else None,
        plan=Plan.objects.filter(pk=progress.get("plan") or 0, is_active=True).first(),
    )


def _read_back(progress: Progress) -> str:
    applicant = _applicant(progress)
    facts = {
        "name": progress.s.customer.name if progress.s.customer else applicant.name,
        "where": say_place(applicant.place),
        "plan": plan_line(applicant.plan) if applicant.plan else _("por elegir"),
    }
    lines = [_("A nombre de %(name)s, en %(where)s, plan %(plan)s.") % facts]
    if may_try(progress.s, applicant):
        days = {"days": progress.s.bot.trial_days}
        said = (
            _("Empieza con %(days)s días de prueba sin costo; después una persona lo contrata con usted.")
            if is_made(progress.s.bot)
            else _("Empieza con %(days)s días de prueba sin costo: una persona los activa y le escribe por aquí.")
        )
        lines.append(said % days)
    return "\n".join([*lines, _("¿Confirma?")])


def _act(progress: Progress) -> Answer:
    applicant = _applicant(progress)
    tries = may_try(progress.s, applicant)
    if tries and is_made(progress.s.bot):
        with in_staff_language():
            trial = give_trial(progress.s, applicant, details=told_slots(REGISTER, progress.slots))
        return _tell_trial(progress.s, trial)
    said = _("Listo, su solicitud es el folio %(number)s. Una persona le confirma la cobertura y la fecha por aquí.")
    details = [told_slots(REGISTER, progress.slots), phone_in(progress)]
    if tries:
        said = _("Listo, su solicitud es el folio %(number)s. Una persona activa su prueba y le escribe por aquí.")
        todo = for_staff("Se le ofrecieron %(days)s días de prueba: falta crear su servicio y su acceso a mano.")
        details.insert(0, todo % {"days": progress.s.bot.trial_days})
    return file_ticket(
        progress,
        said,
        subject=SUBJECT,
        details="\n".join(details).strip(),
        category=Ticket.Category.INSTALLATION,
        priority=Priority.HIGH,
    )


def _tell_trial(s: Situation, trial: Trial) -> Answer:
    ways: dict[str, str] = {
        Bot.TrialKind.HOTSPOT.value: _(
            "Conéctese a nuestra red Wi-Fi y escríbalos en la página de acceso que se abre."
        ),
        Bot.TrialKind.USER_MANAGER.value: _("Escríbalos donde su módem o la página de acceso los pida."),
    }
    where = ways.get(trial.kind, _("Póngalos en su módem, en la conexión WAN tipo PPPoE."))
    user = _("Usuario PPPoE: %(user)s") if trial.kind == Bot.TrialKind.PPPOE else _("Usuario: %(user)s")
    lines = [
        _("Listo, su prueba gratis queda activa hasta el %(day)s."),
        user,
        _("Clave: %(password)s"),
        where,
        _("Una persona le escribe por aquí para contratarlo."),
    ]
    day = format_day(trial.until, today=tenant_today(s.now))
    facts = {"user": trial.username, "password": trial.password, "day": day}
    return Answer("\n".join(lines) % facts, whole=True)


REGISTER = Form(
    name="register",
    intent=intents.REGISTER,
    personal=False,
    photos=True,
    begin=_begin,
    slots=(
        Slot("name", _ask_name, gettext_noop("Nombre"), _read_name, free=True, near=NEAR,
             skip=lambda progress: progress.s.customer is not None),
        Slot("zone", _ask_zone, gettext_noop("Zona"), read_option, near=NEAR, shown=_say_zone,
             skip=lambda _progress: not Zone.objects.exists()),
        Slot("address", _ask_address, gettext_noop("Dirección"), read_place, free=True, near=NEAR, shown=say_place),
        Slot("plan", _ask_plan, gettext_noop("Plan"), near=NEAR, shown=say_plan,
             skip=lambda _progress: not offered_plans()),
        Slot("phone", _ask_phone, gettext_noop("Teléfono"), _read_phone, near=NEAR,
             skip=lambda progress: progress.s.customer is not None or bool(phone_in(progress))),
    ),
    read_back=_read_back,
    act=_act,
)  # fmt: skip
