"""Every tool and form, walked in Portuguese and English: no Spanish for a customer, nothing else for the staff.

A sentence is Spanish where it is one that our code says in Spanish, whether or not somebody translated it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest
from django.utils import timezone

from billing.domain.policies import current_policy
from billing.domain.promises import grant_promise
from billing.models import Promise
from billing.tests.scenes import owe
from chatbot.catalogues import FOLDER, read_po
from chatbot.tests.conftest import JPEG, STAFF, Chat, add_service, answer, turn_on
from customers.domain.holds import open_hold
from customers.models import Customer, Plan, Service, Zone
from inbox.models import Conversation, Message, TicketComment
from inbox.tests.conftest import make_channel
from network.domain.outages import open_outage
from network.models import Access, Router
from tenants.current import tenant_today

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parents[2]
PLACE = re.compile(r"%%|%\(\w+\)[sd]")
LETTERS = re.compile(r"[^\W\d_]{2,}")
LEAST = 3  # words by which a sentence is known inside a longer one; a shorter one must stand alone


def pattern(sentence: str) -> re.Pattern[str]:
    """Match a sentence with anything in its places."""
    parts = PLACE.split(sentence)
    words = r".{1,80}?".join(re.escape(part) for part in parts)
    inside = len(LETTERS.findall(" ".join(parts))) >= LEAST
    return re.compile(words if inside else rf"^[-\W\d]*{words}\W*$", re.MULTILINE)


def sentences_of(app: str) -> Iterator[str]:
    """Give all that an app's domain says through gettext, in Spanish."""
    for path in (ROOT / app / "domain").rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text())):
            named = isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
            if named and call.func.id in {"_", "ngettext", "for_staff"}:
                yield from (part.value for part in call.args[:2] if isinstance(getattr(part, "value", None), str))


def catalogue(language: str) -> dict[str, str]:
    """What each sentence is in a language, plurals apart."""
    rows = read_po((FOLDER / language / "LC_MESSAGES" / "django.po").read_text())
    pairs = [(name.split("\0"), text.split("\0")) for name, text in rows.items() if name]
    return {one: other for names, texts in pairs for one, other in zip(names, texts, strict=True)}


@cache
def spanish(language: str) -> tuple[re.Pattern[str], ...]:
    """What must not be said in a language."""
    known = catalogue(language)
    said = {text for app in ("chatbot", "billing") for text in sentences_of(app)} | set(known)
    said = {text for text in said if is_sentence(text) and known.get(text) != text}
    return tuple(pattern(text) for text in sorted(said))


@cache
def foreign(language: str) -> tuple[re.Pattern[str], ...]:
    """What no note may say: the customers' language."""
    return tuple(pattern(other) for one, other in catalogue(language).items() if other != one and is_sentence(other))


def is_sentence(text: str) -> bool:
    """Say whether a text is known by its words: one of few words with places in it is not."""
    words = len(LETTERS.findall(PLACE.sub("", text)))
    return "\\" not in text and (words >= LEAST or (words > 1 and not PLACE.search(text)))


class Walk(Chat):
    """A chat whose every message is answered, though a person was called a moment ago."""

    def asks(self, body: str) -> str:
        """Ask, the bot being there."""
        Conversation.objects.update(bot_active=True)
        return super().asks(body)


@pytest.fixture(params=["pt", "en"])
def walk(request: pytest.FixtureRequest, customer: Customer) -> Iterator[Walk]:
    """Give Ana's chat with a bot of one language; look through all that was said and noted afterwards."""
    turn_on(language=request.param)
    yield Walk(make_channel())
    rows = list(Message.objects.filter(direction="out", author_kind="bot"))
    assert rows
    for row in rows:
        options = (row.content or {}).get("options", [])
        told = "\n".join([row.body, *(f"{o.get('title', '')}\n{o.get('description', '')}" for o in options)])
        assert [found.pattern for found in spanish(request.param) if found.search(told)] == [], told
    notes = list(Message.objects.filter(direction="note").values_list("body", flat=True))
    for note in [*notes, *TicketComment.objects.values_list("body", flat=True)]:
        # Their own words are quoted as they are.
        ours = re.sub(r"«[^»]*»", "", note)
        assert [found.pattern for found in foreign(request.param) if found.search(ours)] == [], note


def debt(customer: Customer, days_late: int = 5) -> None:
    owe(customer, "600", days_late=days_late, today=tenant_today(timezone.now()))


def allow(**values: object) -> None:
    rules = current_policy()
    for name, value in {"promise_by": ["staff", "bot"], **values}.items():
        setattr(rules, name, value)
    rules.save()


def test_the_account(walk, customer):
    walk.asks("hola")
    walk.asks("gracias")
    add_service(customer)
    for question in ("cuánto debo", "mi factura", "que plan tengo", "ya pagué", "donde pago", "cual es mi plan"):
        walk.asks(question)
    for late in (5, 0, -3, 6, 7, 8, 9):
        debt(customer, late)
    assert "600" in walk.asks("cuánto debo")
    walk.asks("que planes tienen")


def test_a_photo_twice_and_other_files(walk):
    walk.sends()
    answer()
    walk.sends()
    answer()
    walk.asks("ya pagué")
    walk.sends(b"%PDF-x", kind="application/pdf")
    answer()
    walk.sends(JPEG, kind="audio/ogg")
    answer()


def test_a_file_of_no_use(walk):
    walk.sends(b"PK", kind="application/zip")
    answer()


def test_who_says_twice_that_they_paid(walk):
    walk.asks("ya pagué")
    walk.asks("ya pagué")


def test_who_is_cut(walk, customer):
    service = add_service(customer)
    debt(customer)
    open_hold(service_id=service.pk, reason="debt", source="dunning", actor=STAFF, now=timezone.now())
    walk.asks("esta activo mi servicio?")
    walk.asks("cuánto debo")
    allow()
    assert "?" in walk.asks("pago mañana, me esperan?")
    walk.asks("sí")
    assert Promise.objects.exists()


def test_a_service_that_the_staff_switched_off(walk, customer):
    service = add_service(customer)
    open_hold(service_id=service.pk, reason="staff", source="x", actor=STAFF, now=timezone.now())
    walk.asks("no tengo internet")


@pytest.mark.parametrize("up", [True, False, None])
def test_a_fault(walk, customer, up):
    service = add_service(customer)
    if up is not None:
        router = Router.objects.create(name="Torre 1", host="10.0.0.1", username="api")
        Access.objects.create(service=service, router=router, username="u-1", session_up=up)
    walk.asks("esta activo mi servicio?")
    walk.asks("no tengo internet")
    walk.asks("no tengo internet")
    walk.asks("1")
    walk.asks("no")
    walk.asks("no")
    walk.asks("no tengo internet")


def test_an_outage(walk, customer):
    add_service(customer)
    now = timezone.now()
    open_outage(actor=STAFF, now=now, expected_until=now + timedelta(hours=3))
    walk.asks("no tengo internet")


REFUSALS: dict[str, Callable[[Customer], None]] = {
    "by": lambda _customer: None,
    "nothing": lambda _customer: allow(),
    "later": lambda customer: (debt(customer, -4), allow())[1],
    "part": lambda customer: (debt(customer), allow(promise_min_percent=50))[1],
    "none": lambda customer: (debt(customer), allow(promise_per_month=0))[1],
    "open": lambda customer: (debt(customer), allow(), promised(customer))[1],
    "month": lambda customer: (debt(customer), allow(promise_per_month=1), promised(customer, status="kept"))[1],
    "broken": lambda customer: (debt(customer), allow(promise_per_month=9), promised(customer, status="broken"))[1],
}


def promised(customer: Customer, status: str = "open") -> None:
    now = timezone.now()
    made = grant_promise(customer_id=customer.pk, until=None, by="staff", actor=STAFF, key="x", now=now)
    if status != "open":
        Promise.objects.filter(pk=made.pk).update(status=status, settled_at=now, until=now - timedelta(minutes=1))


@pytest.mark.parametrize("why", REFUSALS)
def test_time_to_pay_that_is_refused(walk, customer, why):
    add_service(customer)
    REFUSALS[why](customer)
    before = Promise.objects.count()
    walk.asks("me da prórroga para pagar?")
    walk.asks("sí")
    assert Promise.objects.count() == before


def test_time_to_pay_that_is_refused_only_after_the_yes(walk, customer):
    add_service(customer)
    debt(customer)
    allow()
    walk.asks("pago mañana, me da prórroga?")
    allow(promise_max_days=0)
    walk.asks("sí")
    walk.asks("le pago el mes que viene, me da prórroga?")
    walk.asks("no")
    assert not Promise.objects.exists()


def test_prepaid_days(walk, customer):
    service = add_service(customer)
    walk.asks("quiero comprar días")
    service.plan = Plan.objects.create(name="Pre", price="20", price_unit="day")
    service.save()
    walk.asks("quiero comprar días")
    walk.asks("7")
    walk.asks("sí")


def test_another_plan(walk, customer):
    add_service(customer)
    Plan.objects.create(name="Max", price="800", download_kbps=200_000, upload_kbps=200_000)
    bot = turn_on()
    for changes in (False, True):
        bot.changes_plans = changes
        bot.save()
        walk.asks("quiero cambiar de plan")
        walk.asks("2 x")
        walk.asks("Max")
        walk.asks("no")
    walk.asks("quiero cambiar de plan")
    walk.asks("Max")
    walk.asks("sí")
    walk.asks("quiero cambiar de plan")


def test_moving_leaving_and_the_wifi(walk, customer):
    add_service(customer)
    walk.asks("me voy a mudar de casa")
    walk.asks("Rua 12")
    walk.asks("12/12")
    walk.asks("sí")
    walk.asks("me voy a mudar de casa")
    for what in ("1", "2"):
        walk.asks("no me acuerdo de la clave del wifi")
        walk.asks(what)
        walk.asks("no")
    walk.asks("olvidé la clave del wifi")
    walk.asks("1")
    walk.asks("sí")
    walk.asks("me voy a mudar de casa")
    walk.asks("quiero cancelar mi servicio")
    walk.asks("1")


def test_which_of_several_services(walk, customer):
    add_service(customer)
    Service.objects.create(customer=customer, plan=Plan.objects.create(name="Max", price="800"), code="S-2")
    walk.asks("no tengo internet")
    walk.asks("2")
    walk.asks("olvídalo")


def test_what_is_left_undone(walk, customer):
    add_service(customer)
    walk.asks("no tengo internet")
    walk.asks("cuánto debo?")
    walk.asks("xqzw")
    walk.asks("xqzw")


def test_a_form_that_cannot_be_read(walk, customer):
    add_service(customer)
    walk.asks("olvidé la clave del wifi")
    walk.asks("zzz")
    walk.asks("zzz")


@pytest.mark.parametrize("words", ["voy a demandar a profeco", "hay un cable tirado en la calle", "son unos rateros"])
def test_alarms(walk, words):
    walk.asks(words)


@pytest.mark.parametrize("words", ["a que hora abren", "quiero hablar con una persona", "quiero cancelar"])
def test_persons(walk, words):
    walk.asks(words)


def test_what_is_off(walk):
    turn_on(intents_off=["change_plan"])
    walk.asks("quiero cambiar de plan")


def test_too_much_of_one_contact(walk):
    turn_on(turns_an_hour=1)
    walk.asks("hola")
    walk.asks("cuánto debo")


def test_a_datum_that_is_wrong(walk, customer):
    turn_on(identity="days")
    walk.asks("cuánto debo")
    for _time in range(3):
        walk.asks("9999")


def test_a_stranger(walk):
    Customer.objects.all().delete()
    offer = Plan.objects.create(name="Max", price="800", download_kbps=10_000, upload_kbps=10_000)
    assert offer.pk
    Zone.objects.create(name="Centro")
    bot = turn_on()
    bot.trial_days, bot.trial_router = 7, Router.objects.create(name="T", host="10.0.0.1", username="api")
    bot.save()
    walk.asks("llegan a Centro?")
    walk.asks("llegan a mi colonia?")
    walk.asks("Rua 7")
    walk.asks("llegan a mi colonia?")
    walk.asks("quiero contratar internet")
    walk.asks("Luisa Pérez Gómez")
    walk.asks("Centro")
    walk.asks("Rua 20")
    walk.asks("Max")
    walk.asks("sí")
    assert Access.objects.exists()


def test_who_contracts_without_a_trial(walk):
    Customer.objects.all().delete()
    walk.asks("quiero contratar internet")
    walk.asks("Luisa Pérez Gómez")
    walk.asks("Rua 20")
    walk.asks("sí")
    walk.asks("quiero contratar internet")
    walk.asks("cuánto debo")


def test_a_sentence_is_seen_where_it_stands():
    bad = spanish("pt")
    seen = "Uma linha.\nLe paso con una persona. Le contesta por aquí en cuanto se desocupe."
    assert any(found.search(seen) for found in bad)
    assert any(found.search("No le entendí.") for found in bad)
    assert not any(found.search("Você deve $600.00:") for found in bad)
