"""Beside a conversation: the customer's money and what can be done about it, without leaving the thread."""

from __future__ import annotations

import pytest
from django.utils import timezone

from billing.models import Promise, Receipt
from billing.tests.scenes import make_customer, owe, reach
from inbox.models import Attachment, Message
from tenants.current import entered, tenant_today

pytestmark = pytest.mark.django_db


def photo(talk):
    """A picture the person sent, that came down."""
    last = Message.objects.filter(conversation=talk).count()
    message = Message.objects.create(
        conversation=talk, channel=talk.channel, direction="in", seq=talk.seq + last + 1, status="received"
    )
    return Attachment.objects.create(
        message=message, kind="image", content_type="image/jpeg", sha256="a" * 64, fetched_at=message.created_at
    )


@pytest.fixture
def scene(in_norte):
    customer = make_customer("Lucía Gómez")
    return customer, owe(customer, "600", days_late=3, today=tenant_today(timezone.now())), reach(customer)


def at(talk):
    return {"HX-Request": "true", "HX-Current-URL": f"http://norte.localhost/bandeja/{talk.pk}/"}


def test_what_is_owed_and_what_can_be_done_is_there(scene, client_norte):
    customer, invoice, talk = scene
    picture = photo(talk)
    page = client_norte.get(f"/cobranza/cuenta/{customer.pk}/al-lado?conversacion={talk.pk}").content.decode()
    for part in (invoice.label, "Link de pago", "Promesa", f"/cobranza/comprobantes/de-archivo/{picture.pk}"):
        assert part in page


def test_a_picture_becomes_one_receipt(scene, client_norte):
    customer, _invoice, talk = scene
    picture = photo(talk)
    for _turn in range(2):
        answer = client_norte.post(f"/cobranza/comprobantes/de-archivo/{picture.pk}", headers=at(talk))
        assert "accountChanged" in answer["HX-Trigger"]
    assert Receipt.objects.get().customer == customer
    page = client_norte.get(f"/cobranza/cuenta/{customer.pk}/al-lado?conversacion={talk.pk}").content.decode()
    assert "de-archivo" not in page
    assert "comprobante en revisión" in page


def test_a_promise_given_beside_a_conversation_stays_there(scene, client_norte):
    customer, _invoice, talk = scene
    url = f"/cobranza/cliente/{customer.pk}/promesa"
    form = client_norte.get(url, headers=at(talk)).context["form"]
    typed = {name: form.initial[name] for name in ("day", "hour", "key")} | {"note": "", "hour": "18:00"}
    answer = client_norte.post(url, typed, headers=at(talk))
    assert (answer.status_code, "HX-Redirect" in answer) == (204, False)
    assert Promise.objects.get().customer == customer
    assert "closeDialogs" in answer["HX-Trigger"]


def test_who_may_not_and_who_is_elsewhere(scene, norte, sur, sign_in):
    customer, _invoice, talk = scene
    picture = photo(talk)
    for role in ("support", "technician", "read_only"):
        assert sign_in(norte, role).post(f"/cobranza/comprobantes/de-archivo/{picture.pk}").status_code == 404
    outsider = sign_in(sur, "owner")
    assert outsider.get(f"/cobranza/cuenta/{customer.pk}/al-lado").status_code == 404
    assert outsider.post(f"/cobranza/comprobantes/de-archivo/{picture.pk}").status_code == 404
    with entered(norte):
        assert not Receipt.objects.exists()
