"""A provider with something of everything, and marks by which any of it is recognised on a page."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import product

from django.db import connection
from django.db.models import Model
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from billing.domain.credit_notes import issue_credit_note
from billing.domain.discounts import add_discount
from billing.domain.extras import add_extra
from billing.domain.gateway_accounts import connect_account
from billing.domain.nights import plan_night
from billing.domain.payment_requests import create_request, open_request
from billing.domain.payments import record_payment
from billing.domain.plan_changes import change_plan
from billing.domain.receipt_filing import file_receipt
from billing.domain.run import run_billing, start_run
from billing.models import Decision, Entry, GatewayNotice, GatewayPayment, Invoice, Payment, Promise, Receipt
from chatbot.domain.knowledge import add_document, add_faq
from chatbot.domain.knowledge_questions import collect_question
from chatbot.domain.personas import change_persona, create_persona
from chatbot.domain.several_bots import create_bot
from chatbot.models import Turn
from customers.models import Contact, Customer, Plan, Service, Zone
from events.domain import Actor, record
from inbox.channels.items import Inbound
from inbox.domain.channels import add_channel
from inbox.domain.receiving import receive_message
from inbox.domain.tickets import NewTicket, open_ticket
from inbox.models import Message
from network.domain.accesses import add_access
from network.domain.networks import allow_network
from network.domain.outages import open_outage
from network.domain.routers import add_router
from network.domain.takeovers import propose_takeover
from network.drivers.base import Found, Key
from network.models import Drift, PlanProfile, TakenRow
from tenants.current import tenant_today

ACTOR = Actor.system("Prueba")
# Every number of the populated provider starts here, so that none means a row of the neighbour. All tables start at
# the same one, so that the few numbers in use open a row of whatever an address names.
FIRST_ID = {"norte": 700_000, "sur": 5_000}


@dataclass
class Population:
    """What was made: ids by model to put into addresses, and texts that may be seen by this provider's people only."""

    name: str
    ids: dict[str, set[int]] = field(default_factory=dict)
    marks: list[str] = field(default_factory=list)

    def add(self, *rows: Model) -> None:
        """Note rows by what their model is called."""
        for row in rows:
            self.ids.setdefault(str(row._meta.model_name), set()).add(row.pk)

    def money(self) -> tuple[int, int, Decimal | None, list[str]]:
        """Everything that a role without money must leave as it is."""
        statuses = list(Receipt.objects.order_by("pk").values_list("status", flat=True))
        statuses += Promise.objects.order_by("pk").values_list("status", flat=True)
        return Entry.objects.count(), Payment.objects.count(), Decimal(Invoice.objects.count()), statuses


@dataclass(frozen=True)
class Route:
    """A named route and what its address asks for."""

    name: str
    keys: tuple[str, ...]
    regex: str

    def paths(self, ids: Mapping[str, set[int]]) -> Iterator[str]:
        """Its addresses with every id of the model a key names (else of all), and every verb its pattern names."""
        for values in product(*(self._candidates(key, ids) for key in self.keys)):
            try:
                yield reverse(self.name, kwargs=dict(zip(self.keys, values, strict=True)), urlconf="config.urls")
            except NoReverseMatch:
                continue

    def _candidates(self, key: str, ids: Mapping[str, set[int]]) -> list[object]:
        verbs = re.search(rf"\(\?P<{key}>([a-z]+(?:\|[a-z]+)+)\)", self.regex)
        named = ids.get(key.removesuffix("_id"))
        return list(verbs[1].split("|")) if verbs else sorted(named or set().union(*ids.values()))


def routes() -> list[Route]:
    """Every named route of a provider's site."""
    return [
        Route(name, tuple(pattern.pattern.regex.groupindex), pattern.pattern.regex.pattern)
        for name, pattern in _walk(get_resolver("config.urls"), "")
        if "format" not in pattern.pattern.regex.groupindex
    ]


def _walk(resolver: URLResolver, namespace: str) -> Iterator[tuple[str, URLPattern]]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from _walk(entry, f"{namespace}{entry.namespace}:" if entry.namespace else namespace)
        elif entry.name:
            yield namespace + entry.name, entry


def populate(name: str) -> Population:
    """Fill the current tenant, its numbers starting at FIRST_ID and its texts carrying marks."""
    made = Population(name)
    first = FIRST_ID[name]
    with connection.cursor() as cursor:
        cursor.execute("SELECT sequencename FROM pg_sequences WHERE schemaname = %s", [name])
        for (sequence,) in cursor.fetchall():
            cursor.execute(f'ALTER SEQUENCE "{name}"."{sequence}" RESTART WITH {first}')

    def mark(kind: str) -> str:
        text = f"Ñandú{name.title()}{kind}"
        made.marks.append(text)
        return text

    now = timezone.now()
    zone = Zone.objects.create(name=mark("Zona"))
    plan = Plan.objects.create(name=mark("Plan"), price=Decimal(350), tax_rate=Decimal("0.16"))
    customer = Customer.objects.create(code=f"{name}-1", name=mark("Cliente"), zone=zone)
    phone = "+523111230001" if name == "norte" else "+523111230002"
    Contact.objects.create(customer=customer, kind=Contact.Kind.WHATSAPP, value=phone, is_primary=True)
    service = Service.objects.create(customer=customer, plan=plan, zone=zone, code=f"{name}-S1")
    record("customer.created", subject=customer, actor=Actor("user", 1, mark("Autor")), at=now)
    router = add_router(
        name=mark("Router"),
        host="10.0.0.1",
        username="x",
        password="secreto",
        actor=ACTOR,
        now=now,
    )
    add_access(service=service, router=router, username=mark("Ppp"), actor=ACTOR, now=now)
    drift = Drift.objects.create(
        router=router,
        kind="unknown",
        key=f"pppoe:{mark('Extra')}",
        detail={"method": "pppoe", "rows": [], "name": "extra"},
        found_at=now,
        seen_at=now,
    )
    made.add(drift)
    made.add(PlanProfile.objects.create(router=router, plan=plan, kind="pppoe", name=mark("Perfil")))
    found = Found(Key("pppoe", mark("Visto")), "*1", enabled=True, comment=mark("Comentario"))
    made.add(
        propose_takeover(router=router, found=[found], actor=ACTOR, now=now),
        TakenRow.objects.get(),
        allow_network(cidr="10.0.0.0/8", note=mark("Red"), actor=ACTOR, now=now),
        open_outage(router=router, text=mark("Falla"), actor=ACTOR, now=now),
    )
    run = start_run(period=tenant_today(now).replace(day=1), origin="hand", actor=ACTOR, now=now)
    run_billing(run_id=run.pk, now=now)
    record_payment(
        customer_id=customer.pk,
        amount=Decimal(10),
        method="cash",
        received_at=now,
        actor=ACTOR,
        key=f"{name}-1",
        now=now,
        reference=mark("Referencia"),
    )
    channel = add_channel(
        kind="twilio_whatsapp",
        name=mark("Canal"),
        address=f"whatsapp:{phone}9",
        account=f"AC{name}",
        auth_token="x",
        actor=ACTOR,
    )
    inbound = Inbound(
        external_id=f"SM{name}", sender=f"whatsapp:{phone}", recipient=channel.address, body=mark("Mensaje")
    )
    message = receive_message(channel=channel, inbound=inbound, now=now)
    receipt = file_receipt(message=message, attachment=None, customer_id=customer.pk, now=now, actor=ACTOR)
    night = plan_night(day=Invoice.objects.latest("pk").due_on, now=now)
    promise = _promise(customer, mark, now)
    ticket = open_ticket(
        NewTicket(subject=mark("Ticket"), source="staff", details=mark("Detalle"), conversation=message.conversation),
        actor=ACTOR,
        now=now,
    )
    rows = [zone, plan, customer, service, router, run, channel, message, message.conversation, receipt, night, promise]
    rows.append(ticket)
    made.add(*rows, *_agree(service, mark, now), *_ask_by_gateway(customer, mark, now), *_teach(mark, now))
    made.add(*_answer_by_bot(message, mark, now))
    for model in (Invoice, Payment, Decision):
        made.add(*model.objects.all()[:1])
    return made


def _teach(mark: Callable[[str], str], now: dt.datetime) -> list[Model]:
    """A question the bot answers, a document, and a question that it could not answer."""
    faq = add_faq(question=mark("Pregunta"), answer=mark("Respuesta"), actor=ACTOR, now=now)
    paper = add_document(name="a.md", data=mark("Documento").encode(), title="Papel", actor=ACTOR, now=now)
    question = collect_question(text=f"¿{mark('Duda')}?", conversation=None, now=now)
    return [faq, paper, *([question] if question else [])]


def _answer_by_bot(message: Message, mark: Callable[[str], str], now: dt.datetime) -> list[Model]:
    """A second bot with a persona in two versions, and a message that it took."""
    persona = create_persona(name=mark("Persona"), instructions=mark("Palabras"), actor=ACTOR, now=now)
    change_persona(persona_id=persona.pk, instructions=mark("Otras"), actor=ACTOR, now=now)
    bot = create_bot(name=mark("Ventas"), actor=ACTOR, now=now, persona=persona)
    turn = Turn.objects.create(
        message=message,
        conversation=message.conversation,
        bot=bot,
        state="done",
        intent="balance",
        engine="rules",
        outcome="escalated",
        why="asked",
        reason=mark("Motivo"),
        created_at=now,
        settled_at=now,
    )
    return [persona, bot, turn]


def _ask_by_gateway(customer: Customer, mark: Callable[[str], str], now: dt.datetime) -> list[Model]:
    """A bank account that takes transfers, a request through it, and a payment and a notification that came for it."""
    account = connect_account(
        account=None, kind="transfer", name=mark("Banco"), config={"bank": mark("Bank")}, actor=ACTOR, now=now
    )
    request = create_request(
        account=account, customer_id=customer.pk, amount=Decimal(1), way="bank", actor=ACTOR, key="ask", now=now
    )
    request = open_request(request_id=request.pk, now=now)
    arrival = GatewayPayment.objects.create(
        account=account,
        request=request,
        external_id=mark("Llegado"),
        amount=Decimal(1),
        currency=request.currency,
        paid_at=now,
        state="aside",
        note=mark("Aparte"),
        created_at=now,
    )
    notice = GatewayNotice.objects.create(
        account=account, event_id="1", topic=mark("Aviso"), body="{}", request=request, received_at=now
    )
    return [account, request, arrival, notice]


def _promise(customer: Customer, mark: Callable[[str], str], now: dt.datetime) -> Promise:
    """An open promise to pay the invoice, whether it is due or not."""
    invoice = Invoice.objects.latest("pk")
    promise = Promise.objects.create(
        customer=customer,
        amount=Decimal(1),
        currency=invoice.currency,
        until=now + dt.timedelta(days=1),
        granted_by="staff",
        note=mark("Promesa"),
        key="promise",
        actor_kind="system",
        actor_label="Prueba",
        created_at=now,
    )
    promise.invoices.set([invoice])
    return promise


def _agree(service: Service, mark: Callable[[str], str], now: dt.datetime) -> list[Model]:
    """Something of each that can be agreed with one service, and a part of its invoice taken back."""
    common = {"service_id": service.pk, "actor": ACTOR, "now": now}
    other = Plan.objects.create(name=mark("Otro"), price=Decimal(200), tax_rate=Decimal("0.16"))
    invoice = Invoice.objects.latest("pk")
    return [
        add_extra(kind="recurring", description=mark("Cargo"), amount=Decimal(50), **common),
        add_discount(kind="percent", value=Decimal(5), description=mark("Descuento"), **common),
        change_plan(new_plan=other, when="period_end", **common),
        issue_credit_note(invoice_id=invoice.pk, amount=Decimal(1), reason=mark("Nota"), actor=ACTOR, now=now),
    ]
