"""Answers to files: a picture or a PDF is a receipt; the rest is for a person."""

from __future__ import annotations

from collections.abc import Collection

from django.utils.translation import gettext as _

from billing.domain.receipt_filing import file_receipt
from billing.models import Receipt
from chatbot import intents
from chatbot.domain.account_tools import held_for
from chatbot.domain.contact_limits import past_receipts
from chatbot.domain.people_tools import meet_stranger, stay_silent
from chatbot.domain.situations import RECEIPT_PHOTO, Answer, Situation
from chatbot.engines.base import NONE
from chatbot.staff_words import for_staff, in_staff_language
from customers.models import Hold
from events.domain import Actor
from inbox.models import Attachment

PICTURES = {"image/jpeg", "image/png", "application/pdf"}
STICKERS = {"image/webp", "image/gif"}

# With these words, or none, a picture is the receipt. With others it goes with what was asked.
MAYBE_RECEIPT = {
    NONE,
    intents.PAYMENT_MADE,
    intents.BALANCE,
    intents.DUE_DATE,
    intents.INVOICE_COPY,
    intents.HOW_TO_PAY,
    intents.GREETING,
    intents.THANKS,
    intents.ACKNOWLEDGED,
}


def answer_files(s: Situation) -> Answer | None:
    """Answer what came with files; None when the words say what is wanted and the files only go with them."""
    pictures = [f for f in s.files if f.content_type in PICTURES]
    if pictures:
        return file_pictures(s, pictures) if is_receipt(s) else None
    lost = [f for f in s.files if not f.fetched_at]
    if lost:
        return Answer(
            _("No pude abrir el archivo que mandó. Una persona lo revisa y le contesta por aquí."),
            hand_over=for_staff("No se pudo descargar un archivo que mandó el cliente."),
        )
    if all(f.content_type in STICKERS for f in s.files):
        return None if s.text else stay_silent(s)
    if s.customer is None:
        return meet_stranger(s)
    if any(f.kind == Attachment.Kind.AUDIO for f in s.files):
        return Answer(
            _("No puedo escuchar notas de voz. Le paso con una persona; si prefiere, escríbame."),
            hand_over=for_staff("Mandó una nota de voz."),
        )
    return Answer(
        _("Sólo puedo abrir fotos y archivos PDF. Le paso con una persona."),
        hand_over=for_staff("Mandó un archivo que no es foto ni PDF."),
    )


def is_receipt(s: Situation) -> bool:
    """Say whether a picture is to be filed as a receipt."""
    if s.waiting_for == RECEIPT_PHOTO and s.intent != intents.HUMAN:
        return True
    if s.intent in {intents.REPORT_FAULT, intents.SERVICE_STATE}:
        return s.proved and held_for(s, Hold.Reason.DEBT)
    return s.intent in MAYBE_RECEIPT


def file_pictures(s: Situation, pictures: Collection[Attachment]) -> Answer:
    """File each picture for a person to look at, and say thanks. It promises nothing."""
    if (refused := past_receipts(s, more=len(pictures))) is not None:
        return refused
    with in_staff_language():
        filed = [
            file_receipt(
                message=picture.message,
                attachment=picture,
                customer_id=s.customer.pk if s.customer else None,
                now=s.now,
                actor=Actor.bot(),
            )
            for picture in pictures
        ]
    if s.customer is None:
        return meet_stranger(s)
    if all(receipt.status == Receipt.Status.DUPLICATE for receipt in filed):
        return Answer(
            _("Esa misma foto ya la habíamos recibido. Si es de otro pago, mándeme su comprobante."),
            intent=intents.PAYMENT_MADE,
        )
    return Answer(
        _("Recibimos su comprobante, gracias. Una persona lo revisa; en cuanto se confirme le avisamos por aquí."),
        intent=intents.PAYMENT_MADE,
    )
