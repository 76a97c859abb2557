"""What the staff is told by role is read later by role: everybody else of the inbox sees that something was said."""

from __future__ import annotations

import pypdfium2
import pytest
from django.utils import timezone

from accounts.models import ApiKey
from accounts.permissions import Role
from chatbot.domain.staff_addresses import new_code, staff_at
from chatbot.models import StaffAddress
from chatbot.tests.conftest import turn_on
from chatbot.tests.test_staff import OWNERS, Phone, linked, person, phone, some_business
from events.models import Event
from inbox.channels.items import Inbound
from inbox.domain.outbound import outbound_of
from inbox.domain.receiving import receive_message
from inbox.models import Channel, Conversation, Message
from inbox.tests.conftest import make_channel
from tenants.current import entered

pytestmark = pytest.mark.django_db
assert phone  # a fixture
SHOWN = "Respuesta para el personal: quién debe más."


@pytest.fixture
def asked(phone: Phone) -> Conversation:
    """The owner asked who owes most."""
    some_business()
    linked(phone)
    assert "900" in phone.asks("quien debe mas")
    return Conversation.objects.get(address=f"whatsapp:{OWNERS}")


def test_it_is_sent_whole_and_kept_apart(asked):
    line = Message.objects.get(reserved__contains="Ana Muñoz")
    assert line.body == SHOWN
    assert outbound_of(line).body.startswith("Los que más deben:")
    assert line.reserved_for["codes"] == ["customers.view", "billing.view"]
    assert asked.last_message_text == SHOWN
    assert not Event.objects.filter(facts__icontains="Beto Ruiz").filter(type__startswith="message").exists()


@pytest.mark.parametrize(
    ("role", "reads"), [("owner", True), ("support", True), ("technician", False), ("sales", False)]
)
def test_the_thread_shows_it_by_role(asked, norte, sign_in, role, reads):
    page = sign_in(norte, role).get(f"/bandeja/{asked.pk}/").content.decode()
    assert ("$900.00" in page) == reads
    assert (f'<div class="bubble__text">{SHOWN}</div>' in page) == (not reads)


@pytest.mark.parametrize("role", ["owner", "technician"])
def test_lists_searches_and_paper_hold_only_that_it_was_said(asked, norte, sign_in, role):
    client = sign_in(norte, role)
    listed = client.get("/bandeja/").content.decode()
    assert "quién debe más" in listed
    assert "$900.00" not in listed
    assert "Beto Ruiz" not in client.get("/bandeja/?q=deben").content.decode()
    document = pypdfium2.PdfDocument(client.get(f"/bandeja/{asked.pk}/transcripcion.pdf").content)
    paper = " ".join(page.get_textpage().get_text_range() for page in document)
    assert "Respuesta para el personal" in " ".join(paper.split())
    assert "900" not in paper
    assert "Beto" not in paper


def test_the_interface_for_programs_has_no_more(asked, norte, sign_in):
    with entered(norte):
        _key, text = ApiKey.issue(name="erp", role=Role.TECHNICIAN)
    client = sign_in(norte, None)
    for path in ("messages/", "transcript/", ""):
        answer = client.get(f"/api/v1/conversations/{asked.pk}/{path}", headers={"Authorization": f"Api-Key {text}"})
        assert answer.status_code == 200
        assert b"900.00" not in answer.content
        assert b"Beto" not in answer.content


def test_money_beside_a_name_needs_the_permission_for_money(phone, norte, sign_in):
    some_business()
    linked(phone)
    assert "debe $900.00" in phone.asks("busca munoz")
    line = Message.objects.exclude(reserved="").get()
    assert line.reserved_for["codes"] == ["customers.view", "billing.view"]
    assert line.body == "Respuesta para el personal: clientes."
    asked = Conversation.objects.get(address=f"whatsapp:{OWNERS}")
    assert "900" not in sign_in(norte, "technician").get(f"/bandeja/{asked.pk}/").content.decode()


def test_what_says_nothing_is_an_ordinary_line(phone):
    linked(phone, "technician")
    assert phone.asks("quien debe mas") == "Su rol no puede ver eso."
    phone.asks("hola")
    assert not Message.objects.exclude(reserved="").exists()


def test_they_are_answered_in_the_providers_language(phone):
    some_business()
    linked(phone)
    assert phone.asks("who owes the most?").startswith("Los que más deben:")
    turn_on(language="pt")
    assert phone.asks("quem deve mais?").startswith("Los que más deben:")


def test_a_telegram_of_theirs_is_proved_by_the_same_code(in_norte, sur):
    turn_on(identity="days")
    make_channel()
    some_business()
    channel = Channel.objects.create(kind="telegram", name="Telegram", address="telegram:900", is_active=True)

    def says(body: str, sid: str, sender: str = "telegram:77") -> str:
        inbound = Inbound(external_id=sid, sender=sender, recipient=channel.address, body=body)
        receive_message(channel=channel, inbound=inbound, now=timezone.now())
        before = Message.objects.filter(direction="out").count()
        from chatbot.tests.conftest import answer  # noqa: PLC0415 -- only here

        answer()
        rows = Message.objects.filter(direction="out", author_kind="bot").order_by("pk")[before:]
        return "\n".join(row.reserved or row.body for row in rows)

    assert "900" not in says("quien debe mas", "1")
    Conversation.objects.update(bot_active=True)
    user = person()
    assert "Listo, Jefa" in says(new_code(user=user, now=timezone.now()), "2")
    assert StaffAddress.objects.get().address == "telegram:77"
    assert "Ana Muñoz (N-1): $900.00" in says("quien debe mas", "3")
    assert Message.objects.exclude(reserved="").get().body == SHOWN
    assert "900" not in says("quien debe mas", "4", sender="telegram:78")
    assert staff_at(Conversation.objects.get(address="telegram:77")) == user
    with entered(sur):
        assert not StaffAddress.objects.exists()
