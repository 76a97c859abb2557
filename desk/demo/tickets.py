"""Tickets of the demo: late, going on, waiting and closed ones, as a support desk has them."""

from __future__ import annotations

from datetime import datetime, timedelta

from accounts.models import User
from customers.models import Customer
from events.domain import Actor
from inbox.domain.tickets import NewTicket, change_ticket, comment_ticket, open_ticket
from inbox.models import Priority, Ticket

Category, State = Ticket.Category, Ticket.State

# subject, category, priority, hours ago, state, what the staff wrote
STORIES = (
    ("Sin internet desde la mañana", Category.FAULT, Priority.URGENT, 6, State.IN_PROGRESS, "La antena no responde."),
    ("Lento por las noches", Category.FAULT, Priority.NORMAL, 30, State.OPEN, ""),
    (
        "Cambio de domicilio a la calle Hidalgo 214",
        Category.CHANGE,
        Priority.NORMAL,
        50,
        State.WAITING,
        "Falta la hora.",
    ),
    ("Le cobraron dos veces la reconexión", Category.BILLING, Priority.HIGH, 28, State.OPEN, "Revisar la factura."),
    ("Instalar segundo punto en la planta alta", Category.INSTALLATION, Priority.LOW, 20, State.OPEN, ""),
    ("El módem se apaga solo", Category.FAULT, Priority.HIGH, 70, State.CLOSED, "Se cambió el eliminador."),
)


def open_tickets(now: datetime) -> int:
    """Open the tickets of a fresh provider; return how many. Runs inside the tenant."""
    people = list(Customer.objects.filter(services__status="active").distinct().order_by("-id")[: len(STORIES)])
    staff = list(User.objects.filter(is_active=True, role__in=["support", "technician", "owner"]).order_by("id"))
    for index, (customer, story) in enumerate(zip(people, STORIES, strict=False)):
        subject, category, priority, hours, state, words = story
        at = now - timedelta(hours=hours)
        person = staff[index % len(staff)] if staff and index % 3 else None
        actor = Actor.of_user(person) if person else Actor.system("Soporte")
        ticket = open_ticket(
            NewTicket(
                subject=subject,
                source="staff",
                category=category,
                priority=priority,
                customer=customer,
                assignee=person,
                key=f"demo:{index}",
            ),
            actor=actor,
            now=at,
        )
        if words:
            comment_ticket(
                ticket_id=ticket.pk, body=words, is_public=False, actor=actor, now=at + timedelta(minutes=20)
            )
        if state != State.OPEN:
            change_ticket(ticket_id=ticket.pk, actor=actor, now=at + timedelta(hours=1), state=state)
    return len(people)
