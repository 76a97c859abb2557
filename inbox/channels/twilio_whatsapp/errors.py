"""Twilio's error codes in words, with what to do about each.

The meanings are Twilio's (https://www.twilio.com/docs/api/errors); a code that is not here stops the message
and shows its number.
"""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inbox.channels.items import Action

ERRORS: dict[str, tuple[Action, object]] = {
    "11200": (Action.STOP, gettext_lazy("Nuestro servidor no respondió a Twilio.")),
    "20003": (Action.STOP, gettext_lazy("Twilio no aceptó el SID o el token de la cuenta.")),
    "20404": (Action.STOP, gettext_lazy("Twilio no encontró la cuenta o el mensaje.")),
    "20429": (Action.RETRY, gettext_lazy("Twilio pidió ir más despacio.")),
    "20500": (Action.RETRY, gettext_lazy("Twilio tuvo un problema interno.")),
    "20503": (Action.RETRY, gettext_lazy("Twilio no está disponible por el momento.")),
    "21211": (Action.STOP, gettext_lazy("El número del cliente no es válido.")),
    "21212": (Action.STOP, gettext_lazy("El número desde el que se envía no es válido.")),
    "21408": (Action.STOP, gettext_lazy("La cuenta de Twilio no puede enviar a ese país.")),
    "21602": (Action.STOP, gettext_lazy("El mensaje está vacío.")),
    "21606": (Action.STOP, gettext_lazy("La cuenta de Twilio no puede enviar desde este número.")),
    "21610": (Action.OPT_OUT, gettext_lazy("El cliente pidió no recibir mensajes.")),
    "21612": (Action.STOP, gettext_lazy("Twilio no puede llevar mensajes de este número a ese destinatario.")),
    "21614": (Action.STOP, gettext_lazy("El número del cliente no puede recibir mensajes.")),
    "21617": (Action.STOP, gettext_lazy("El mensaje es demasiado largo.")),
    "21620": (Action.STOP, gettext_lazy("Twilio no puede leer la dirección del archivo.")),
    "21623": (Action.STOP, gettext_lazy("Son demasiados archivos para un mensaje.")),
    "21655": (Action.STOP, gettext_lazy("La plantilla no existe en Twilio: revise su Content SID.")),
    "21656": (Action.STOP, gettext_lazy("Los datos de la plantilla no son válidos.")),
    "30001": (Action.RETRY, gettext_lazy("La cola de Twilio está llena.")),
    "30002": (Action.STOP, gettext_lazy("La cuenta de Twilio está suspendida.")),
    "30003": (Action.STOP, gettext_lazy("El teléfono del cliente no está al alcance.")),
    "30004": (Action.STOP, gettext_lazy("El mensaje fue bloqueado.")),
    "30005": (Action.STOP, gettext_lazy("El número del cliente no existe o ya no está en servicio.")),
    "30006": (Action.STOP, gettext_lazy("El número del cliente no puede recibir mensajes.")),
    "30007": (Action.STOP, gettext_lazy("El mensaje fue tomado por no deseado.")),
    "30008": (Action.STOP, gettext_lazy("Twilio no pudo entregarlo y no sabe por qué.")),
    "63001": (Action.STOP, gettext_lazy("WhatsApp no aceptó las credenciales de este número.")),
    "63002": (Action.STOP, gettext_lazy("WhatsApp no encuentra el número desde el que se envía.")),
    "63003": (Action.STOP, gettext_lazy("El número no existe en WhatsApp.")),
    "63005": (Action.STOP, gettext_lazy("WhatsApp no aceptó el contenido del mensaje.")),
    "63006": (Action.STOP, gettext_lazy("WhatsApp no pudo dar forma al contenido del mensaje.")),
    "63007": (Action.STOP, gettext_lazy("Twilio no tiene este número como remitente de WhatsApp.")),
    "63008": (Action.STOP, gettext_lazy("El número está mal configurado en Twilio.")),
    "63009": (Action.STOP, gettext_lazy("WhatsApp devolvió un error.")),
    "63010": (Action.RETRY, gettext_lazy("Twilio tuvo un problema interno.")),
    "63012": (Action.RETRY, gettext_lazy("WhatsApp tuvo un problema interno.")),
    "63013": (Action.STOP, gettext_lazy("El mensaje no cumple las políticas de WhatsApp.")),
    "63014": (Action.OPT_OUT, gettext_lazy("El cliente bloqueó este número.")),
    "63015": (Action.STOP, gettext_lazy("El cliente aún no se ha unido al número de prueba de Twilio.")),
    "63016": (
        Action.TEMPLATE,
        gettext_lazy("Pasaron más de 24 horas desde su último mensaje: solo se puede enviar una plantilla."),
    ),
    "63017": (Action.RETRY, gettext_lazy("WhatsApp pidió ir más despacio.")),
    "63018": (Action.RETRY, gettext_lazy("WhatsApp pidió ir más despacio con este número.")),
    "63019": (Action.RETRY, gettext_lazy("WhatsApp no pudo descargar el archivo.")),
    "63020": (Action.STOP, gettext_lazy("Falta aceptar la invitación de WhatsApp Business Manager.")),
    "63021": (Action.STOP, gettext_lazy("WhatsApp no aceptó el contenido del mensaje.")),
    "63022": (Action.STOP, gettext_lazy("El nombre visible del número no está aprobado en WhatsApp.")),
    "63023": (Action.RETRY, gettext_lazy("WhatsApp tuvo un problema y no dijo cuál.")),
    "63024": (Action.STOP, gettext_lazy("WhatsApp no puede entregar a este destinatario.")),
    "63027": (Action.STOP, gettext_lazy("La plantilla no existe en ese idioma.")),
    "63028": (Action.STOP, gettext_lazy("La plantilla espera otra cantidad de datos.")),
    "63030": (Action.STOP, gettext_lazy("WhatsApp no admite un dato de este tipo de mensaje.")),
    "63031": (Action.STOP, gettext_lazy("El mensaje iba al mismo número desde el que se envía.")),
    "63032": (Action.STOP, gettext_lazy("WhatsApp limita por ahora los mensajes a este cliente.")),
    "63033": (Action.STOP, gettext_lazy("WhatsApp no permite escribir a este cliente.")),
    "63038": (Action.STOP, gettext_lazy("La cuenta de Twilio llegó a su límite diario de mensajes.")),
    "63040": (Action.STOP, gettext_lazy("WhatsApp rechazó la plantilla.")),
    "63041": (Action.STOP, gettext_lazy("WhatsApp puso la plantilla en pausa por su calidad.")),
    "63042": (Action.STOP, gettext_lazy("WhatsApp desactivó la plantilla por su calidad.")),
    "63049": (Action.STOP, gettext_lazy("WhatsApp decidió no entregar este mensaje comercial.")),
    "63051": (Action.STOP, gettext_lazy("La cuenta de WhatsApp Business está bloqueada.")),
}


def explain(code: str) -> tuple[str, Action]:
    """A sentence for the staff and what can be done. Unknown codes stop the message."""
    if code in ERRORS:
        action, text = ERRORS[code]
        return str(text), action
    return _("Twilio no pudo entregar el mensaje (error %(code)s).") % {"code": code or "?"}, Action.STOP
