"""Billing's pages: what they show, who may open them, how many queries they cost, and whose rows they are."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.permissions import allowed
from billing.domain.ledger import balance
from billing.domain.nights import plan_night
from billing.domain.payments import record_payment
from billing.domain.policies import current_policy
from billing.domain.run import run_billing, start_run
from billing.models import BillingRun, Decision, Invoice, Night, Payment, Receipt
from billing.tests.scenes import STAFF, check_books, make_customer, make_plan, owe
from billing.tests.test_receipts import picture
from customers.models import Hold
from events.models import Event
from tenants.current import enter, tenant_today

HTMX = {"HTTP_HX_REQUEST": "true"}


def today():
    return tenant_today(timezone.now())


def debt(customer, amount="600", days_late=5):
    return owe(customer, amount, days_late=days_late, today=today())


def paid(customer, amount="600", key="k"):
    now = timezone.now()
    pay = {"method": "cash", "received_at": now, "actor": STAFF, "now": now}
    return record_payment(customer_id=customer.pk, amount=Decimal(amount), key=f"{key}{customer.pk}", **pay)


def filed(customer, sha="a" * 64):
    attachment = picture(customer, sha)
    return Receipt.objects.create(
        customer=customer, message=attachment.message, attachment=attachment, filed_by="Bot", created_at=timezone.now()
    )


def everything():
    """One row of each, and the address of every page that shows it."""
    customer = make_customer("Ñandú Órnelas Peña")
    invoice, payment, receipt = debt(customer), paid(make_customer()), filed(customer)
    run = run_billing(
        run_id=start_run(period=today(), origin="hand", actor=STAFF, now=timezone.now()).pk, now=timezone.now()
    )
    night = plan_night(day=today(), now=timezone.now())
    return {
        "billing:tonight": ([], "billing.view"),
        "billing:receipts": ([], "receipts.review"),
        "billing:receipt_picture": ([receipt.pk], "receipts.review"),
        "billing:receipt_customers": ([receipt.pk], "receipts.review"),
        "billing:invoices": ([], "billing.view"),
        "billing:invoice": ([invoice.pk], "billing.view"),
        "billing:invoice_void": ([invoice.pk], "billing.correct"),
        "billing:payments": ([], "billing.view"),
        "billing:payment": ([payment.pk], "billing.view"),
        "billing:payment_void": ([payment.pk], "payments.void"),
        "billing:runs": ([], "billing.run"),
        "billing:run_new": ([], "billing.run"),
        "billing:run": ([run.pk], "billing.run"),
        "billing:customer_account": ([customer.pk], "billing.view"),
        "billing:pay": ([customer.pk], "payments.record"),
        "billing:why": ([customer.services.get().pk], "billing.view"),
        "billing:policy": ([], "billing.policy"),
        "billing:document_link": (["facturas", invoice.pk], "billing.view"),
        "billing:document_texts": ([], "settings.edit"),
        "billing:terms": ([], "billing.policy"),
        "billing:customer_terms": ([customer.pk], "billing.policy"),
        "billing:customer_terms_summary": ([customer.pk], "billing.view"),
    }, night


def test_every_page_opens_and_as_a_fragment_too(client_norte, in_norte):
    pages, _night = everything()
    for name, (args, _code) in pages.items():
        for headers in ({}, HTMX):
            response = client_norte.get(reverse(name, args=args), **headers)
            assert response.status_code == 200, name
            if name != "billing:receipt_picture":
                text = response.content.decode()
                assert "{%" not in text
                assert "None" not in text, name


@pytest.mark.parametrize("role", ["technician", "sales", "read_only", "support", "collections", "owner"])
def test_who_may_not_finds_nothing(sign_in, norte, in_norte, role):
    pages, night = everything()
    client = sign_in(norte, role)
    for name, (args, code) in pages.items():
        response = client.get(reverse(name, args=args))
        assert response.status_code == (200 if allowed(role, code) else 404), name
    decision = night.decisions.filter(action="cut").get()
    acts = {
        "dunning.decide": [
            reverse("billing:night_turn", args=[night.pk, "detener"]),
            reverse("billing:decision_move", args=[decision.pk, "quitar"]),
        ],
        "receipts.review": [reverse("billing:receipt_reject", args=[Receipt.objects.get().pk])],
        "billing.run": [reverse("billing:run_start")],
    }
    for code, urls in acts.items():
        for url in urls:
            assert (client.post(url).status_code == 404) != allowed(role, code), url


def test_strangers_sign_in_first(sign_in, norte, in_norte):
    pages, _night = everything()
    client = sign_in(norte, None)
    for name, (args, _code) in pages.items():
        response = client.get(reverse(name, args=args))
        assert response.status_code == 302
        assert "next=" in response["Location"]


def test_the_other_provider_sees_nothing(client_sur, norte, sur):
    with enter("norte"):
        pages, night = everything()
        decision = night.decisions.filter(action="cut").get().pk
    for name, (args, _code) in pages.items():
        response = client_sur.get(reverse(name, args=args))
        if args:
            assert response.status_code == 404, name
        else:
            assert "Ñandú" not in response.content.decode(), name
    assert client_sur.post(reverse("billing:decision_move", args=[decision, "quitar"])).status_code == 404


def add_rows(count):
    for index in range(count):
        customer = make_customer(f"Cliente {index}")
        debt(customer, days_late=5)
        debt(customer, days_late=-3)
        protected = make_customer(f"Protegido {index}", never_cut_until=today())
        debt(protected)
        paid(make_customer())
        filed(customer, f"{Receipt.objects.count():064d}")
        make_customer(plan=make_plan("sin precio", "0"))
    plan_night(day=today(), now=timezone.now())
    BillingRun.objects.create(
        period=today(), origin="hand", status="done", issued_on=today(), actor_kind="user", actor_label="x",
        created_at=timezone.now(),
    )  # fmt: skip


@pytest.mark.parametrize("name", ["tonight", "receipts", "invoices", "payments", "runs", "run_new"])
def test_fifty_rows_cost_the_queries_of_one(client_norte, in_norte, name):
    def queries():
        counts = []
        for _ in range(3):  # the host's tenant is remembered for some seconds only
            with CaptureQueriesContext(connection) as seen:
                assert client_norte.get(reverse(f"billing:{name}")).status_code == 200
            counts.append(len(seen))
        return min(counts)

    add_rows(2)  # one comprobante shows no stack beside it
    few = queries()
    add_rows(48)
    assert queries() == few


def test_an_account_with_many_movements_costs_the_same(client_norte, in_norte):
    customer = make_customer()

    def queries():
        counts = []
        for _ in range(3):
            with CaptureQueriesContext(connection) as seen:
                client_norte.get(reverse("billing:customer_account", args=[customer.pk]))
            counts.append(len(seen))
        return min(counts)

    debt(customer)
    paid(customer, "1000")
    few = queries()
    for index in range(30):
        debt(customer)
        paid(customer, "10", key=f"k{index}-")
    assert queries() == few


def test_invoices_filter_search_sum_and_page(client_norte, in_norte):
    late, soon = make_customer("Ana Late"), make_customer("Beto Soon")
    debt(late, "100")
    debt(soon, "200", days_late=-5)
    url = reverse("billing:invoices")
    both = client_norte.get(url).content.decode()
    assert "Ana Late" in both
    assert "Beto Soon" in both
    assert "$300.00" in both
    overdue = client_norte.get(url, {"state": "overdue"}).content.decode()
    assert "Ana Late" in overdue
    assert "Beto Soon" not in overdue
    assert "Beto Soon" in client_norte.get(url, {"q": "soon"}).content.decode()
    assert "Ninguna factura coincide" in client_norte.get(url, {"q": "zzzz"}).content.decode()
    assert client_norte.get(url, {"month": "13-99", "zone": "x", "state": "?", "after": "nada"}).status_code == 200


def test_paging_by_key_shows_each_invoice_once(client_norte, in_norte):
    customer = make_customer()
    for index in range(120):
        debt(customer, days_late=index // 7)
    seen, url = [], reverse("billing:invoices")
    while url:
        response = client_norte.get(url)
        seen += [invoice.pk for invoice in response.context["page"].rows]
        url = response.context["page"].next_url
    assert len(seen) == len(set(seen)) == 120


def test_cash_at_the_counter(client_norte, in_norte):
    customer = make_customer()
    debt(customer)
    url = reverse("billing:pay", args=[customer.pk])
    key = client_norte.get(url, **HTMX).context["form"].initial["key"]
    typed = {"amount": "600", "method": "cash", "received_on": today().isoformat(), "reference": "", "key": key}
    for _twice in range(2):
        response = client_norte.post(url, typed, **HTMX)
        assert response.status_code == 200
    assert Payment.objects.count() == 1
    assert "accountChanged" in response["HX-Trigger"]
    assert Payment.objects.get().actor_label == "Owner"
    check_books()


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("amount", "mil", "sólo con números"),
        ("amount", "0", "mayor que cero"),
        ("amount", "1.005", "decimales"),
        ("received_on", "2999-01-01", "futuro"),
        ("method", "trueque", "trueque"),
    ],
)
def test_a_wrong_payment_gets_a_sentence_keeps_what_was_typed_and_books_nothing(
    client_norte, in_norte, field, value, words
):
    customer = make_customer()
    typed = {"amount": "600", "method": "cash", "received_on": today().isoformat(), "reference": "R-77", "key": "k"}
    response = client_norte.post(reverse("billing:pay", args=[customer.pk]), {**typed, field: value}, **HTMX)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert "R-77" in response.content.decode()
    assert not Payment.objects.exists()


def test_a_comprobante_is_accepted_and_the_next_one_comes(client_norte, in_norte):
    one, two = make_customer("Primera"), make_customer("Segunda")
    debt(one)
    first, second = filed(one, "1" * 64), filed(two, "2" * 64)
    page = client_norte.get(reverse("billing:receipts")).content.decode()
    assert "Primera" in page
    response = client_norte.post(
        reverse("billing:receipt_accept", args=[first.pk]), {"amount": "600.00", "customer": one.pk}, **HTMX
    )
    assert response.status_code == 200
    assert response.context["receipt"] == second
    assert balance(one.pk) == {}
    refused = client_norte.post(reverse("billing:receipt_reject", args=[second.pk]), {"reason": " "}, **HTMX)
    assert refused.status_code == 422
    done = client_norte.post(reverse("billing:receipt_reject", args=[second.pk]), {"reason": "No se lee"}, **HTMX)
    assert "No queda nada por revisar" in done.content.decode()
    assert Payment.objects.count() == 1


def test_without_scripts_a_comprobante_is_reviewed_all_the_same(client_norte, in_norte):
    customer = make_customer()
    one, two = filed(customer, "1" * 64), filed(customer, "2" * 64)
    wrong = client_norte.post(reverse("billing:receipt_accept", args=[one.pk]), {"amount": "mil"})
    assert wrong.status_code == 422
    assert "<html" in wrong.content.decode()
    assert "sólo con números" in wrong.content.decode()
    unreasoned = client_norte.post(reverse("billing:receipt_reject", args=[two.pk]), {"reason": ""})
    assert "el cliente lo leerá" in unreasoned.content.decode()
    page = client_norte.post(reverse("billing:receipt_accept", args=[one.pk]), {"amount": "10"}, follow=True)
    assert "registrado" in page.content.decode()


def test_a_repeated_reference_shows_the_first_one(client_norte, in_norte):
    one, two = make_customer(), make_customer()
    first, second = filed(one, "1" * 64), filed(two, "2" * 64)
    typed = {"amount": "600", "bank": "BBVA", "reference": "77"}
    client_norte.post(reverse("billing:receipt_accept", args=[first.pk]), {**typed, "customer": one.pk}, **HTMX)
    response = client_norte.post(
        reverse("billing:receipt_accept", args=[second.pk]), {**typed, "customer": two.pk}, **HTMX
    )
    assert response.status_code == 422
    assert f"#{first.pk}" in response.content.decode()
    assert Payment.objects.count() == 1


def test_what_is_no_picture_is_never_shown_inside_the_page(client_norte, in_norte):
    receipt = filed(make_customer())
    receipt.attachment.content_type = "image/svg+xml"
    receipt.attachment.save()
    response = client_norte.get(reverse("billing:receipt_picture", args=[receipt.pk]))
    assert response["Content-Type"] == "application/octet-stream"
    assert "attachment" in response["Content-Disposition"]
    assert response["X-Content-Type-Options"] == "nosniff"


def test_tonight_is_held_changed_and_let_go(client_norte, in_norte):
    customer = make_customer("Ana Late")
    debt(customer)
    assert "Se cortaría" in client_norte.get(reverse("billing:tonight")).content.decode()
    assert not Night.objects.exists()
    client_norte.post(reverse("billing:night_plan"))
    decision = Decision.objects.get()
    out = client_norte.post(reverse("billing:decision_move", args=[decision.pk, "quitar"]), **HTMX)
    assert "Devolver" in out.content.decode()
    client_norte.post(reverse("billing:decision_move", args=[decision.pk, "devolver"]), **HTMX)
    held = client_norte.post(reverse("billing:night_turn", args=[decision.night_id, "detener"]), **HTMX)
    assert "detuvo los cortes" in held.content.decode()
    client_norte.post(reverse("billing:night_turn", args=[decision.night_id, "seguir"]), **HTMX)
    assert Night.objects.get().status == "planned"
    assert Event.objects.filter(type__in=["night.held", "night.released", "decision.taken_out"]).count() == 3


def test_who_pays_in_the_day_leaves_the_sum_of_the_night(client_norte, in_norte):
    one, two = make_customer(), make_customer()
    debt(one, "100")
    debt(two, "200")
    plan_night(day=today(), now=timezone.now())
    paid(one, "100")
    response = client_norte.get(reverse("billing:tonight"))
    assert response.context["cut_sums"] == {"count": 1, "amount": Decimal(200)}
    assert "Ya no debe nada vencido" in response.content.decode()


def test_a_run_is_previewed_started_and_watched(client_norte, in_norte):
    make_customer()
    page = client_norte.get(reverse("billing:run_new"), {"month": "2026-12"}).content.decode()
    assert "Emitir 1 factura" in page
    assert not BillingRun.objects.exists()
    response = client_norte.post(reverse("billing:run_start"), {"month": "2026-12"})
    run = BillingRun.objects.get()
    assert response["Location"] == reverse("billing:run", args=[run.pk])
    assert "every 1s" in client_norte.get(reverse("billing:run", args=[run.pk])).content.decode()
    client_norte.post(reverse("billing:run_turn", args=[run.pk, "pausar"]), **HTMX)
    assert BillingRun.objects.get().status == "paused"
    client_norte.post(reverse("billing:run_turn", args=[run.pk, "seguir"]), **HTMX)
    run_billing(run_id=run.pk, now=timezone.now())
    assert "every 1s" not in client_norte.get(reverse("billing:run", args=[run.pk])).content.decode()
    assert Invoice.objects.count() == 1


def test_the_policy_is_changed_previewed_and_its_mistakes_named(client_norte, in_norte):
    url = reverse("billing:policy")
    form = client_norte.get(url).context["form"]
    typed = {name: "" if form[name].value() is None else form[name].value() for name in form.fields}
    typed = {name: value.strftime("%H:%M") if isinstance(value, dt.time) else value for name, value in typed.items()}
    typed.pop("auto_issue")
    typed |= {"notices": "1", "notices_days": "3", "notices_when": "before_due", "notices_hour": "09:00"}
    typed |= {"notices_channel": "whatsapp", "notices_template": "payment_reminder"}
    client_norte.post(url, typed)
    Event.objects.filter(type="policy.changed").delete()
    preview = client_norte.post(url, {**typed, "cut_day": "10", "preview": "1"}, **HTMX)
    assert preview.status_code == 200
    assert current_policy().cut_day == 3
    wrong = client_norte.post(url, {**typed, "issue_day": "0", "notices_days": "tres"})
    assert wrong.status_code == 422
    assert "número entero" in wrong.content.decode()
    saved = client_norte.post(url, {**typed, "cut_day": "10", "auto_issue": "on"})
    assert saved.status_code == 302, saved.context["form"].errors
    policy = current_policy()
    assert (policy.cut_day, policy.auto_issue_from) == (10, today())
    assert set(Event.objects.get(type="policy.changed").facts["changes"]) == {"cut_day", "auto_issue_from"}


def test_why_tells_the_decision_and_the_chain(client_norte, in_norte):
    customer = make_customer()
    debt(customer)
    service = customer.services.get()
    page = client_norte.get(reverse("billing:why", args=[service.pk])).content.decode()
    assert "nunca ha cortado" in page
    night = plan_night(day=today(), now=timezone.now())
    night.decisions.update(done_at=timezone.now(), outcome="done")
    Hold.objects.create(service=service, reason="abuse", source="x", since=timezone.now(), opened_by="Ana")
    page = client_norte.get(reverse("billing:why", args=[service.pk])).content.decode()
    assert "Debe $600.00 por una factura" in page
    assert "Un pago no lo reconecta" in page
