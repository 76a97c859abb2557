"""How the demo's inbox is organised: labels, teams, a shared view, somebody put off, somebody late."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import User
from customers.models import Zone
from events.domain import Actor
from inbox.domain.assignment import assign_waiting
from inbox.domain.canned import save_reply
from inbox.domain.conversations import locked
from inbox.domain.marks import change_labels, set_priority
from inbox.domain.organising import save_label, save_team, save_view
from inbox.domain.policy import change_policy
from inbox.domain.snoozing import snooze_conversation
from inbox.models import CannedReply, Conversation, Label, Team

WHO = Actor.system("Demostración")
READY = (
    ("saldo", "Hola {nombre}, debe {saldo}; vence {vence}. Si ya pagó, envíenos aquí la foto de su comprobante."),
    ("horario", "Atendemos de lunes a viernes de 9 a 18 y los sábados de 9 a 14. Soy {agente}, de {empresa}."),
    ("modem", "{nombre}, desconecte el módem diez segundos, conéctelo otra vez y dígame qué luces quedan encendidas."),
)
LABELS = (("Falla", "cut"), ("Pago", "active"), ("Mudanza", "waiting"), ("Molesto", "overdue"))


def organise_inbox(*, now: datetime) -> None:
    """Set the inbox of the current provider up, once: before anybody writes."""
    if Label.objects.exists():
        return
    for name, tone in LABELS:
        save_label(label=Label(name=name, tone=tone), actor=WHO, now=now)
    for shortcut, words in READY:
        save_reply(CannedReply(shortcut=shortcut, body=words))
    people = list(User.objects.who_can("inbox.reply"))
    zones = list(Zone.objects.order_by("name"))
    half = len(zones) // 2
    for name, share, own in (("Soporte", Team.Assignment.BY_LOAD, zones[:half]), ("Cobranza", "by_hand", zones[half:])):
        save_team(team=Team(name=name, assignment=share), members=people, zones=own, actor=WHO, now=now)
    change_policy(fields={}, default_team=Team.objects.get(name="Cobranza"), actor=WHO, now=now)
    fault = Label.objects.get(name="Falla")
    save_view(name="Fallas abiertas", query=f"etiqueta={fault.pk}", owner=None)
    save_view(name="Esperan más de 1 hora", query="espera=60", owner=None)


@transaction.atomic
def mark_talks(talks: QuerySet[Conversation], *, now: datetime) -> None:
    """Give some of those who wrote a label, put one off and let one be late."""
    found = list(talks.filter(merged_into=None).order_by("id")[:4])
    if len(found) < 4 or Conversation.labels.through.objects.exists():
        return
    one, two, three, four = found
    fault, paid = Label.objects.get(name="Falla"), Label.objects.get(name="Pago")
    change_labels(conversation_id=one.pk, add=[fault], actor=WHO, now=now)
    set_priority(conversation_id=one.pk, priority=4, actor=WHO, now=now)
    change_labels(conversation_id=two.pk, add=[paid, fault], actor=WHO, now=now)
    change_labels(conversation_id=four.pk, add=[paid], actor=WHO, now=now)
    person = User.objects.who_can("inbox.reply").first()
    snooze_conversation(conversation_id=three.pk, until=now + timedelta(hours=20), by=person, actor=WHO, now=now)
    _be_late(one, now)


def _be_late(conversation: Conversation, now: datetime) -> None:
    row = locked(conversation.pk)
    row.status, row.waiting_since = Conversation.Status.OPEN, now - timedelta(hours=2)
    row.answer_due_at = now - timedelta(minutes=25)
    assign_waiting(conversation=row, now=now)
    row.save()
