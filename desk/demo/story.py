"""The main job, end to end and without a browser: a list comes in, is billed, reminded, cut, pays and is back.

Every step is done by the running processes (worker, network, scheduler, web) and verified by reading the router,
the customer's phone and the ledger. One line a step; anything that is not as it should be ends the story.
"""

from __future__ import annotations

import datetime as dt
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from zoneinfo import ZoneInfo

from django.utils import timezone

from billing.domain.ledger import balance
from billing.domain.nights import approve_night, plan_night
from billing.domain.payments import record_payment
from billing.domain.receipts import accept_receipt
from billing.models import Decision, Invoice, Payment, Receipt
from customers.domain.queries import reachable_phone
from customers.models import Customer
from desk.demo.calendar import Calendar
from desk.demo.far_side import FarSide
from desk.demo.history import bill_month, cuts_ahead, debts, pay_month, remind_before
from desk.demo.lists import receive_list, start_import
from desk.demo.picture import receipt_picture
from desk.demo.providers import ACTOR, connect_messaging, found_provider, set_rules, staff_provider, turn_on_bot
from desk.demo.routers import connect_routers
from desk.demo.witness import Address, RouterWitness, ledger_sum, numbers_have_gaps, unbalanced_transactions
from desk.demo.world import ROUTER_USER, Provider, World
from desk.models import ImportRun
from events.domain import Actor
from events.models import Event
from events.sentences import sentence
from network.domain.routers import add_router
from network.models import Access
from tenants.current import entered
from tenants.wakes import wake

CASHIER = Actor("user", None, "Caja")
Say = Callable[[str], None]
# Seconds to wait for a step: more than two leases (60 s), which is how long what a killed process had in hand waits.
PATIENCE = 150


class StoryError(AssertionError):
    """A step did not end as it should; the text says what was seen."""


@dataclass
class Hero:
    """A customer the story follows."""

    customer: Customer
    access: Access
    phone: str


class Story:
    """One provider's story."""

    def __init__(self, provider: Provider, world: World, *, say: Say, own: Address | None = None) -> None:
        self.provider, self.world, self.say, self.own = provider, world, say, own
        self.phones = FarSide(world.messaging_port)
        self.calendar = Calendar(timezone.now().astimezone(ZoneInfo(provider.timezone)))
        self.trial_secret = ""

    def tell(self) -> None:
        """Run every step. Raises StoryError."""
        if self.own is not None:
            with self.step("your router answers"), witness_at(self.own):
                pass
        with self.step("provider founded, number and staff in place"):
            tenant = found_provider(self.provider)
        with entered(tenant):
            self.bring_list()
            self.meet_routers()
            self.bill()
            payer, walker = self.choose()
            try:
                self.remind(payer)
                self.let_most_pay(payer, walker)
                self.cut(payer, walker)
                self.pay_by_photo(payer)
                self.pay_at_the_counter(walker)
                self.read_the_timeline(payer)
            finally:
                self.clean_up()

    @contextmanager
    def step(self, text: str) -> Iterator[list[str]]:
        """Print the step with its time; what is appended to the yielded list is added to the line."""
        began = time.monotonic()
        more: list[str] = []
        try:
            yield more
        except Exception as error:
            self.say(f"{self.provider.slug:<6} FAILED  {text}: {error}")
            raise
        words = ", ".join([text, *more])
        self.say(f"{self.provider.slug:<6} {time.monotonic() - began:7.2f} s  {words}")

    def bring_list(self) -> None:
        """Import the shipped list through the worker, and prove that bringing it again changes nothing."""
        staff_provider(self.provider)
        connect_messaging(self.provider, self.world)
        turn_on_bot(self.provider)
        set_rules(issue_day=self.calendar.issue_day, cut_day=self.calendar.today.day, cut_hour=dt.time(23, 59))
        day, moment = self.calendar.list_day, self.calendar.at(self.calendar.list_day, 12)
        with self.step("subscriber list checked: nothing written") as more:
            run = receive_list(self.provider, as_of=day, actor=ACTOR, now=moment, size=self.world.customers)
            check(not Customer.objects.exists(), "the check wrote customers")
            more.append(f"{run.report['counts']['customers_new']} customers to come")
        with self.step("subscriber list imported by the worker") as more:
            start_import(run, actor=ACTOR, now=moment)
            until(lambda: ImportRun.objects.get(pk=run.pk).stage == ImportRun.Stage.DONE, 120, "the import ends")
            self.check_ledger()
            more.append(f"{Customer.objects.count()} customers, {Access.objects.count()} router accesses")
        with self.step("the same list again would change nothing"):
            again = receive_list(self.provider, as_of=day, actor=ACTOR, now=moment, size=self.world.customers)
            new = {key: value for key, value in again.report["counts"].items() if key.endswith("_new")}
            check(not new, f"it would add {new}")

    def meet_routers(self) -> None:
        """Connect the routers and wait until every access has been read there."""
        with self.step("routers connected and read") as more:
            connect_routers(self.provider, self.world, timezone.now())
            unread = Access.objects.filter(observed=Access.Observed.UNKNOWN)
            until(lambda: not unread.exists(), PATIENCE, "every access is read on its router")
            more.append(f"{Access.objects.filter(session_up=True).count()} online")

    def bill(self) -> None:
        """Bill the month for all active services."""
        with self.step("month billed") as more:
            run = bill_month(self.calendar, self.calendar.month)
            check(run.invoices > 0, "no invoice was issued")
            check(not numbers_have_gaps(), "document numbers have gaps")
            again = bill_month(self.calendar, self.calendar.month)
            check(again.pk == run.pk or again.invoices == 0, "billing twice issued more")
            self.check_ledger()
            more.append(f"{run.invoices} invoices, {run.first_label} to {run.last_label}")

    def choose(self) -> tuple[Hero, Hero]:
        """Pick two customers who are online, reachable and about to be cut: one pays by photo, one at the counter."""
        found: list[Hero] = []
        seen: set[str] = set()
        for row in cuts_ahead(self.calendar):
            online = Access.objects.filter(service=row.service, session_up=True)
            access = online.select_related("router").first()
            phone = reachable_phone(row.customer_id)
            single = row.customer.services.count() == 1 and row.customer.invoices.filter(status="open").count() == 1
            if access and phone and single and phone not in seen:
                seen.add(phone)
                found.append(Hero(row.customer, access, phone))
            if len(found) == 2:
                break
        check(len(found) == 2, "no customers fit for the story")
        if self.own is not None:
            self.move_to_own_router(found[0], self.own)
        return found[0], found[1]

    def move_to_own_router(self, hero: Hero, own: Address) -> None:
        """Give the hero a trial secret on the router the user brought."""
        with self.step("trial secret made on your router"):
            self.trial_secret = f"enlace-prueba-{random.randrange(16**6):06x}"  # noqa: S311
            with witness_at(own) as witness:
                witness.add_secret(self.trial_secret, "prueba")
            router = add_router(
                name="Router propio",
                host=own.host,
                port=own.port,
                username=own.username,
                password=own.password,
                actor=ACTOR,
                now=timezone.now(),
            )
            Access.objects.filter(pk=hero.access.pk).update(router=router, username=self.trial_secret)
            hero.access = Access.objects.select_related("router").get(pk=hero.access.pk)

    def remind(self, hero: Hero) -> None:
        """Three days before the due day everyone who owes is reminded by an approved text."""
        with self.step("reminder three days before") as more:
            outcomes = remind_before(self.calendar)
            sent = outcomes.get(Decision.Outcome.DONE, 0)
            check(sent > 0, f"nobody was reminded: {outcomes}")
            until(lambda: self.phones.count_from(self.provider.number) >= sent, 300, "the reminders arrive")
            self.expect_text(hero, "vence el")
            more.append(f"{sent} delivered on WhatsApp")

    def let_most_pay(self, *heroes: Hero) -> None:
        """All but a few pay what they owe; the two of the story do not."""
        with self.step("most customers pay in time") as more:
            kept = {hero.customer.pk for hero in heroes}
            dice = random.Random(1)  # noqa: S311 -- the same story each time
            month = self.calendar.month
            paid = pay_month(self.calendar, month, debts(month), draw=dice, share=0.97, but=kept)
            self.check_ledger()
            more.append(f"{paid} payments, {len(cuts_ahead(self.calendar))} still to be cut")

    def cut(self, *heroes: Hero) -> None:
        """At the policy's hour the worker decides and the network process cuts."""
        with self.step("decided and cut on the routers") as more:
            moment = max(
                self.calendar.at(self.calendar.today, 0),
                timezone.now().astimezone(self.calendar.now.tzinfo) - dt.timedelta(minutes=1),
            )
            set_rules(
                issue_day=self.calendar.issue_day,
                cut_day=self.calendar.today.day,
                cut_hour=moment.time().replace(microsecond=0),
            )
            night = plan_night(day=self.calendar.today, now=timezone.now())
            approve_night(night_id=night.pk, actor=CASHIER, now=timezone.now())
            wake("billing.clock")
            for hero in heroes:
                until(partial(self.is_cut, hero), PATIENCE, f"{hero.customer} is cut on {hero.access.router}")
            cut = night.decisions.filter(action=Decision.Action.CUT, outcome=Decision.Outcome.DONE)
            more += [f"{cut.count()} cut", f"because: {cut.get(customer=heroes[0].customer).sentence}"]
        with self.step("the customers were told on WhatsApp"):
            for hero in heroes:
                self.expect_text(hero, "suspendido")

    def pay_by_photo(self, hero: Hero) -> None:
        """The customer sends "ya pagué" with a photo; the bot files it; a person accepts; service comes back."""
        due = debt_of(hero.customer)
        with self.step("customer sent «ya pagué» with a photo; the bot filed it"):
            photo = receipt_picture(
                bank="Banco del Valle",
                payer=hero.customer.name[:26],
                payee=self.provider.name,
                amount=f"$ {due:,.2f}",
                reference=f"{hero.customer.pk:08d}",
                when=f"{self.calendar.now:%d/%m/%Y %H:%M}",
            )
            self.phones.writes(
                number=self.provider.number, customer=hero.phone, name=hero.customer.name, body="ya pagué", photo=photo
            )
            waiting = Receipt.objects.filter(customer=hero.customer, status=Receipt.Status.WAITING)
            until(waiting.exists, PATIENCE, "a receipt waits for review")
        with self.step("a person accepted it; internet restored") as more:
            accept_receipt(
                receipt_id=waiting.get().pk,
                amount=due,
                actor=CASHIER,
                now=timezone.now(),
                bank="Banco del Valle",
                reference=f"{hero.customer.pk:08d}",
            )
            more.append(self.wait_restored(hero))
        with self.step("the customer was told"):
            self.expect_text(hero, "ya está activo")

    def pay_at_the_counter(self, hero: Hero) -> None:
        """The other one pays cash."""
        with self.step("the other paid cash at the counter; internet restored") as more:
            now = timezone.now()
            due = debt_of(hero.customer)
            record_payment(
                customer_id=hero.customer.pk,
                amount=due,
                method=Payment.Method.CASH,
                received_at=now,
                actor=CASHIER,
                key=f"story:{hero.customer.pk}",
                now=now,
            )
            more.append(self.wait_restored(hero))
            left = balance(hero.customer.pk).get(self.provider.currency, 0)
            check(left == 0, f"{left} is still owed")
            self.check_ledger()

    def read_the_timeline(self, hero: Hero) -> None:
        """The customer's own timeline tells the whole story."""
        with self.step("the timeline tells it"):
            lines = [sentence(event) for event in Event.objects.filter(customer_id=hero.customer.pk).order_by("id")]
            types = set(Event.objects.filter(customer_id=hero.customer.pk).values_list("type", flat=True))
            wanted = {"access.cut", "access.restored", "receipt.filed", "receipt.accepted", "service.held"}
            check(wanted <= types, f"the timeline lacks {wanted - types}")
        for line in lines:
            self.say(f"{self.provider.slug:<6}              · {line}")

    def is_cut(self, hero: Hero) -> bool:
        """Read the router: disabled and no session."""
        with self.witness(hero) as witness:
            return not witness.is_enabled(hero.access.username) and not witness.is_online(hero.access.username)

    def wait_restored(self, hero: Hero) -> str:
        """Wait until the router lets the customer in again; return how long it took."""
        began = time.monotonic()
        with self.witness(hero) as witness:
            until(lambda: witness.is_enabled(hero.access.username), PATIENCE, f"{hero.customer} is back")
            took = time.monotonic() - began
            if hero.access.username != self.trial_secret:
                until(lambda: witness.is_online(hero.access.username), PATIENCE, f"{hero.customer} dials in again")
        return f"enabled on {hero.access.router} {took:.2f} s after the payment"

    def expect_text(self, hero: Hero, words: str) -> None:
        """Wait until the customer's phone shows a message with `words`."""

        def came() -> bool:
            rows = self.phones.received(number=self.provider.number, customer=hero.phone)
            return any(words in row["body"] for row in rows)

        until(came, PATIENCE, f"{hero.phone} gets a message with «{words}»")

    @contextmanager
    def witness(self, hero: Hero) -> Iterator[RouterWitness]:
        """An own connection to the hero's router."""
        if self.own is not None and hero.access.username == self.trial_secret:
            address = self.own
        else:
            place = self.world.router(self.provider.slug, hero.access.router.name)
            address = Address("127.0.0.1", place.port, ROUTER_USER, place.password)
        with witness_at(address) as witness:
            yield witness

    def clean_up(self) -> None:
        """Leave nothing of ours on the user's router."""
        if self.own is not None and self.trial_secret:
            with witness_at(self.own) as witness:
                witness.remove_secret(self.trial_secret)

    def check_ledger(self) -> None:
        """The books sum to zero, as a whole and in every transaction."""
        check(ledger_sum() == 0, f"the ledger sums to {ledger_sum()}")
        check(unbalanced_transactions() == 0, "a transaction does not sum to zero")


@contextmanager
def witness_at(address: Address) -> Iterator[RouterWitness]:
    """Look at one router over an own connection."""
    witness = RouterWitness(address)
    try:
        yield witness
    finally:
        witness.close()


def debt_of(customer: Customer) -> Decimal:
    """What a customer's open invoices still ask for."""
    invoices = Invoice.objects.filter(customer=customer, status=Invoice.Status.OPEN)
    return sum((invoice.total - invoice.paid for invoice in invoices), Decimal(0))


def check(holds: bool, otherwise: str) -> None:
    """Go on, or end the story with what was seen."""
    if not holds:
        raise StoryError(otherwise)


def until(holds: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait until `holds()`. Raises StoryError after `seconds`."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise StoryError(f"waited {seconds:.0f} s in vain until {what}")
        time.sleep(0.02)
