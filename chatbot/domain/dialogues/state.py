"""«¿Está activo mi servicio?»: what we see of it; where nothing explains a fault, its form."""

from __future__ import annotations

from django.utils.translation import gettext as _

from chatbot.domain.account_tools import services_of
from chatbot.domain.dialogues.report_fault import seen_state
from chatbot.domain.dialogues.running import start_form
from chatbot.domain.people_tools import reach_person
from chatbot.domain.situations import Answer, Situation
from network.domain.queries import states_for_services


def tell_service_state(s: Situation) -> Answer:
    """Say whether it is on: off and why, an outage, connected; what is on and not connected is a fault."""
    services = services_of(s)
    if not services:
        return reach_person(s)
    if (seen := seen_state(s)) is not None:
        return seen
    states = states_for_services([service.pk for service in services])
    if states and all(any(access.session_up for access in states.get(service.pk, [])) for service in services):
        return Answer(_("Su servicio está activo y con conexión. Si algo le falla, escríbame qué pasa."))
    return start_form(s, "report_fault")
