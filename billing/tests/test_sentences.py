from decimal import Decimal

from billing.domain.night_work import execute_night
from billing.domain.nights import hold_night, plan_night, put_back, release_night, take_out
from billing.domain.payments import record_payment, void_payment
from billing.domain.run import run_billing, start_run
from billing.sentences import READINGS
from billing.tests.scenes import DECEMBER, NOW, STAFF, TODAY, make_customer, owe
from billing.tests.test_nights import NIGHT
from events.models import Event
from events.sentences import sentence


def said(event_type):
    return sentence(Event.objects.get(type=event_type))


def test_the_story_reads_as_a_collector_would_tell_it(in_norte):
    customer = make_customer()
    owe(customer, "450", days_late=22)
    run_billing(run_id=start_run(period=DECEMBER, origin="hand", actor=STAFF, now=NOW).pk, now=NOW)
    night = plan_night(day=TODAY, now=NOW)
    decision = night.decisions.get(action="cut")
    take_out(decision_id=decision.pk, actor=STAFF, now=NOW)
    put_back(decision_id=decision.pk, actor=STAFF, now=NOW)
    hold_night(night_id=night.pk, actor=STAFF, now=NOW)
    release_night(night_id=night.pk, actor=STAFF, now=NOW)
    execute_night(night_id=night.pk, now=NIGHT)
    pay = {"method": "cash", "received_at": NIGHT, "actor": STAFF, "now": NIGHT}
    record_payment(customer_id=customer.pk, amount=Decimal(100), key="k1", **pay)
    assert said("invoice.issued") == "Se emitió la factura A-1 por $600.00; vence el 3 de diciembre."
    assert said("cut.decided") == (
        "Se decidió cortar. Debe $450.00 por una factura del 3 de noviembre (venció hace 22 días)."
    )
    assert said("payment.recorded") == (
        f"Pagó $100.00 (efectivo); lo registró Ana. Se aplicó a {customer.invoices.get(imported=True).label}. "
        "No se reconecta todavía: queda vencido $350.00 y falta pagar $350.00."
    )
    assert said("run.finished") == "Terminó la facturación de diciembre 2026: 1 factura."
    assert said("night.held") == "Ana detuvo los cortes del 25 de noviembre."
    payment = record_payment(customer_id=customer.pk, amount=Decimal(2000), key="k2", **pay)
    assert "a favor" in sentence(Event.objects.filter(type="payment.recorded").latest("id"))
    void_payment(payment_id=payment.pk, reason="Error de captura", actor=STAFF, now=NIGHT)
    assert said("payment.voided") == "Ana anuló el pago de $2,000.00: Error de captura."


def test_every_event_billing_records_has_a_sentence(in_norte):
    test_the_story_reads_as_a_collector_would_tell_it(in_norte)
    ours = {"invoice", "payment", "receipt", "night", "decision", "run", "cut", "reminder", "credit"}
    for event in Event.objects.all():
        if event.type.split(".")[0] in ours:
            assert event.type in READINGS
            assert sentence(event)
