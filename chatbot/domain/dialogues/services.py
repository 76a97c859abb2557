"""«¿Cuál de sus servicios?»: the slot of a form about one of them. Who has one, or said which, is not asked."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from chatbot.domain.account_tools import SHOWN, services_of
from chatbot.domain.dialogues.base import Progress, Question, Slot
from chatbot.domain.identity import keep_service
from chatbot.domain.situations import Option
from customers.models import Service


def _ask(progress: Progress) -> Question:
    options = tuple(
        Option(service.code, service.plan.name, service.address[:60] or service.code)
        for service in services_of(progress.s)[:SHOWN]
    )
    return Question(_("¿De cuál de sus servicios?"), options, _("Sus servicios"))


def service_of(progress: Progress) -> Service | None:
    """Return the service that was chosen, the only one where there is one; None where there is none such."""
    found = services_of(progress.s)
    code = progress.get("service")
    if not code:
        return progress.s.service or (found[0] if len(found) == 1 else None)
    return next((service for service in found if service.code == code), None)


def _is_plain(progress: Progress) -> bool:
    return progress.s.service is not None or len(services_of(progress.s)) < 2


def _remember(progress: Progress, _code: object) -> None:
    service = service_of(progress)
    if service is not None:
        keep_service(progress.s, service)


SERVICE = Slot("service", _ask, gettext_noop("Servicio"), skip=_is_plain, keep=_remember)
