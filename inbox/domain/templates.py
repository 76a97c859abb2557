"""The notices every provider starts with. The words are theirs to change; the keys are what the product asks for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import transaction

from inbox.models import Approval, Channel, Conversation, Template

# key: (name, text, names of {{1}}, {{2}}… in order). A text may not begin or end with a variable: WhatsApp's rule.
DEFAULTS: dict[str, tuple[str, str, list[str]]] = {
    "payment_reminder": (
        "Recordatorio de pago",
        "Hola {{1}}, su pago de {{2}} vence el {{3}}. Si ya pagó, envíenos aquí la foto de su comprobante. Gracias.",
        ["name", "amount", "due_date"],
    ),
    "payment_due": (
        "Vence hoy",
        (
            "Hola {{1}}, hoy vence su pago de {{2}}. Al pagar evita el corte de su servicio. "
            "Si ya pagó, envíenos aquí la foto de su comprobante."
        ),
        ["name", "amount"],
    ),
    "payment_overdue": (
        "Pago vencido",
        (
            "Hola {{1}}, su pago de {{2}} venció el {{3}}. Al pagar evita el corte de su servicio. "
            "Si ya pagó, envíenos aquí la foto de su comprobante."
        ),
        ["name", "amount", "due_date"],
    ),
    "service_cut": (
        "Servicio cortado",
        (
            "Hola {{1}}, su servicio de internet quedó suspendido por un saldo vencido de {{2}}. "
            "En cuanto registremos su pago lo reconectamos. Puede enviar aquí la foto de su comprobante."
        ),
        ["name", "amount"],
    ),
    "service_restored": (
        "Servicio reconectado",
        (
            "Hola {{1}}, su servicio de internet ya está activo. Gracias por su pago. "
            "Si aún no navega, apague y encienda su módem."
        ),
        ["name"],
    ),
    "receipt_received": (
        "Comprobante recibido",
        "Hola {{1}}, recibimos su comprobante. Lo revisamos y le avisamos por aquí.",
        ["name"],
    ),
    "receipt_accepted": (
        "Comprobante aceptado",
        "Hola {{1}}, su pago de {{2}} quedó registrado. Muchas gracias.",
        ["name", "amount"],
    ),
    "receipt_rejected": (
        "Comprobante rechazado",
        "Hola {{1}}, no pudimos aceptar su comprobante: {{2}}. Envíenos otra foto o escríbanos por aquí.",
        ["name", "reason"],
    ),
    "promise_granted": (
        "Promesa de pago anotada",
        (
            "Hola {{1}}, anotamos que pagará {{2}} a más tardar el {{3}}. "
            "Hasta entonces no se le corta por esa deuda. Gracias."
        ),
        ["name", "amount", "until"],
    ),
    "promise_kept": (
        "Promesa de pago cumplida",
        "Hola {{1}}, recibimos su pago y con él cumplió lo que acordamos. Muchas gracias.",
        ["name"],
    ),
    "promise_broken": (
        "Promesa de pago incumplida",
        (
            "Hola {{1}}, no recibimos el pago de {{2}} que acordamos para el {{3}}. Su servicio puede suspenderse; "
            "si ya pagó, envíenos aquí la foto de su comprobante."
        ),
        ["name", "amount", "until"],
    ),
    "document_link": (
        "Documento por enlace",
        "Hola {{1}}, aquí puede ver y descargar {{2}}: {{3}} Si tiene dudas, escríbanos por aquí.",
        ["name", "document", "link"],
    ),
    "ticket_opened": (
        "Ticket abierto",
        "Hola {{1}}, registramos su reporte con el número {{2}}: {{3}}. Le avisamos por aquí en cuanto haya novedades.",
        ["name", "number", "subject"],
    ),
    "ticket_comment": (
        "Novedad de un ticket",
        "Hola {{1}}, hay una novedad de su reporte {{2}}: {{3}} Si tiene dudas, escríbanos por aquí.",
        ["name", "number", "comment"],
    ),
    "ticket_closed": (
        "Ticket cerrado",
        "Hola {{1}}, cerramos su reporte {{2}}: {{3}}. Si el problema sigue, escríbanos por aquí y lo vemos.",
        ["name", "number", "subject"],
    ),
}


@transaction.atomic
def ensure_default_templates(*, language: str = "es") -> list[Template]:
    """Make the default notices that are missing. Existing words stay."""
    made = []
    for key, (name, body, variables) in DEFAULTS.items():
        row, _created = Template.objects.get_or_create(
            key=key, language=language, defaults={"name": name, "body": body, "variables": variables}
        )
        made.append(row)
    return made


def approval_for(notice: Template, channel: Channel) -> Approval | None:
    """Return the approved text that carries one of our notices on a channel; None where there is none."""
    rows = Approval.objects.filter(channel=channel, notice=notice, status=Approval.Status.APPROVED)
    return rows.first()


def can_go(notice: Template, conversation: Conversation, now: datetime, *, channel: Channel | None = None) -> bool:
    """Say whether a notice can leave in a conversation now: as free text, or as its approved text.

    `channel` where it is another than the one the person wrote to last.
    """
    channel = channel or conversation.channel
    return conversation.window_is_open(now, channel) or approval_for(notice, channel) is not None


@transaction.atomic
def approve_notices(*, channel: Channel, ids: Mapping[str, str]) -> None:
    """Say which approved texts of a channel carry our notices, key to the far side's id, in the notices' own words."""
    for notice in Template.objects.filter(key__in=ids):
        external_id = ids[notice.key]
        row, _made = Approval.objects.get_or_create(
            channel=channel,
            external_id=external_id,
            language=notice.language,
            defaults={
                "name": notice.key,
                "body": notice.body,
                "variables": [str(place) for place in range(1, len(notice.variables) + 1)],
            },
        )
        Approval.objects.filter(channel=channel, notice=notice).exclude(pk=row.pk).update(notice=None)
        row.notice, row.status = notice, Approval.Status.APPROVED
        row.save(update_fields=["notice", "status"])


def templates_with(says: Collection[str]) -> dict[str, str]:
    """The notices, key to name, that need no other variables than these, in the order of their names.

    A provider that has made none yet is offered those it starts with.
    """
    rows = list(Template.objects.order_by("name").values_list("key", "name", "variables"))
    found = rows or [(key, name, variables) for key, (name, _body, variables) in DEFAULTS.items()]
    return {key: name for key, name, needs in found if "amount" in needs and set(needs) <= set(says)}
