"""Twilio's error codes in words, with what to do about each.

The meanings are Twilio's (https://www.twilio.com/docs/api/errors); a code that is not here stops the message
and shows its number.
"""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inbox.channels.base import Action

ERRORS: dict[str, tuple[Action, object]] = {
    "20003": (Action.STOP, gettext_lazy("Twilio no aceptó el SID o el token de la cuenta.")),
    "20429": (Action.RETRY, gettext_lazy("Twilio pidió ir más despacio.")),
    "21211": (Action.STOP, gettext_lazy("El número del cliente no es válido.")),
    "21610": (Action.OPT_OUT, gettext_lazy("El cliente pidió no recibir mensajes.")),
    "21655": (Action.STOP, gettext_lazy("La plantilla no existe en Twilio: revise su Content SID.")),
    "21656": (Action.STOP, gettext_lazy("Los datos de la plantilla no son válidos.")),
    "63003": (Action.STOP, gettext_lazy("El número no existe en WhatsApp.")),
    "63005": (Action.STOP, gettext_lazy("WhatsApp no aceptó el contenido del mensaje.")),
    "63007": (Action.STOP, gettext_lazy("Twilio no tiene este número como remitente de WhatsApp.")),
    "63013": (Action.STOP, gettext_lazy("El mensaje no cumple las políticas de WhatsApp.")),
    "63014": (Action.OPT_OUT, gettext_lazy("El cliente bloqueó este número.")),
    "63015": (Action.STOP, gettext_lazy("El cliente aún no se ha unido al número de prueba de Twilio.")),
    "63016": (
        Action.TEMPLATE,
        gettext_lazy("Pasaron más de 24 horas desde su último mensaje: solo se puede enviar una plantilla."),
    ),
    "63018": (Action.RETRY, gettext_lazy("WhatsApp pidió ir más despacio con este número.")),
    "63019": (Action.RETRY, gettext_lazy("WhatsApp no pudo descargar el archivo.")),
    "63020": (Action.STOP, gettext_lazy("Falta aceptar la invitación de WhatsApp Business Manager.")),
    "63021": (Action.STOP, gettext_lazy("WhatsApp no aceptó el contenido del mensaje.")),
    "63024": (Action.STOP, gettext_lazy("WhatsApp no puede entregar a este destinatario.")),
    "63027": (Action.STOP, gettext_lazy("La plantilla no existe en ese idioma.")),
    "63028": (Action.STOP, gettext_lazy("La plantilla espera otra cantidad de datos.")),
    "63032": (Action.STOP, gettext_lazy("WhatsApp limita por ahora los mensajes a este cliente.")),
    "63038": (Action.STOP, gettext_lazy("La cuenta de Twilio llegó a su límite diario de mensajes.")),
    "63049": (Action.STOP, gettext_lazy("WhatsApp decidió no entregar este mensaje comercial.")),
}


def explain(code: str) -> tuple[str, Action]:
    """A sentence for the staff and what can be done. Unknown codes stop the message."""
    if code in ERRORS:
        action, text = ERRORS[code]
        return str(text), action
    return _("Twilio no pudo entregar el mensaje (error %(code)s).") % {"code": code or "?"}, Action.STOP
