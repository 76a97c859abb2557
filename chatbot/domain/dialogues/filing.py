"""What forms leave to the staff: a ticket with what was collected, and never a second one about the same."""

from __future__ import annotations

from django.utils.translation import gettext as _

from chatbot import abilities
from chatbot.domain.dialogues.base import Progress
from chatbot.domain.situations import Answer, Situation
from chatbot.staff_words import in_staff_language
from customers.models import Service
from events.domain import Actor
from inbox.domain.tickets import NewTicket, open_ticket
from inbox.models import Priority, Ticket


def find_open_ticket(s: Situation, category: str, *, subject: str = "") -> Ticket | None:
    """Return this customer's newest open ticket of a category (and subject); a stranger's by their conversation."""
    whose = {"customer_id": s.customer.pk} if s.customer else {"conversation_id": s.conversation.pk}
    rows = Ticket.objects.filter(category=category, **whose).exclude(state=Ticket.State.CLOSED)
    return (rows.filter(subject=subject) if subject else rows).order_by("-pk").first()


def file_ticket(
    progress: Progress,
    said: str,
    *,
    subject: str,
    details: str,
    category: str,
    service: Service | None = None,
    priority: int = Priority.NORMAL,
) -> Answer:
    """Open the ticket of a form and answer `said`, which holds %(number)s; a bot that opens none calls a person.

    The turn's own key lets it be opened once. The answer tells the customer: there is no notice besides.
    """
    s = progress.s
    if abilities.TICKETS in s.bot.tools_off:
        text = _("Tomo nota. Una persona lo revisa y le contesta por aquí.")
        return Answer(text, hand_over=subject, note=details)
    new = NewTicket(
        subject=subject,
        source="bot",
        details=details,
        category=category,
        priority=priority,
        customer=s.customer,
        conversation=s.conversation,
        service=service or s.service,
        key=f"turn:{s.turn_id}",
        tell=False,
    )
    with in_staff_language():
        ticket = open_ticket(new, actor=Actor.bot(), now=s.now)
    return Answer(said % {"number": ticket.number})


def already_filed(ticket: Ticket) -> Answer:
    """Say that the matter is known: no second ticket."""
    said = _("Eso ya está anotado con el folio %(number)s y una persona lo tiene en sus pendientes.")
    return Answer(said % {"number": ticket.number})
