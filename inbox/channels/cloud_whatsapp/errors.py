"""Meta's error codes in words, with what to do about each.

They come in an answer or later with a delivery state. The meanings are Meta's
(https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes); a code that is not here stops the
message and shows its number.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inbox.channels.items import Action

ERRORS: dict[str, tuple[Action, object]] = {
    "1": (Action.RETRY, gettext_lazy("Meta tuvo un problema interno.")),
    "2": (Action.RETRY, gettext_lazy("WhatsApp no está disponible por ahora.")),
    "3": (Action.STOP, gettext_lazy("A la aplicación de Meta le falta permiso para enviar por WhatsApp.")),
    "4": (Action.RETRY, gettext_lazy("La aplicación de Meta llegó a su límite de consultas.")),
    "10": (Action.STOP, gettext_lazy("El token no tiene permiso para usar este número.")),
    "33": (Action.STOP, gettext_lazy("Meta ya no conoce este número.")),
    "100": (Action.STOP, gettext_lazy("Meta no entendió el mensaje: hay un dato que no es válido.")),
    "190": (Action.STOP, gettext_lazy("El token de acceso venció o no es válido: cámbielo en los ajustes del canal.")),
    "200": (Action.STOP, gettext_lazy("El token no tiene permiso para usar este número.")),
    "368": (Action.STOP, gettext_lazy("Meta bloqueó la cuenta por no cumplir sus políticas.")),
    "80007": (Action.RETRY, gettext_lazy("La cuenta de WhatsApp llegó a su límite de consultas.")),
    "130429": (Action.RETRY, gettext_lazy("WhatsApp pidió ir más despacio con este número.")),
    "130472": (Action.STOP, gettext_lazy("Meta decidió no entregar este mensaje comercial (está en un experimento).")),
    "130497": (Action.STOP, gettext_lazy("Esta cuenta no puede escribir a clientes de ese país.")),
    "131000": (Action.RETRY, gettext_lazy("Meta tuvo un problema interno.")),
    "131005": (Action.STOP, gettext_lazy("El token no tiene permiso para usar este número.")),
    "131008": (Action.STOP, gettext_lazy("Al mensaje le falta un dato que WhatsApp pide.")),
    "131009": (Action.STOP, gettext_lazy("Un dato del mensaje no es válido para WhatsApp.")),
    "131016": (Action.RETRY, gettext_lazy("WhatsApp no está disponible por ahora.")),
    "131021": (Action.STOP, gettext_lazy("El destinatario es este mismo número.")),
    "131026": (
        Action.STOP,
        gettext_lazy("No se pudo entregar: el número no usa WhatsApp, o su versión es muy antigua."),
    ),
    "131030": (Action.STOP, gettext_lazy("El número de prueba de Meta solo escribe a destinatarios autorizados.")),
    "131031": (Action.STOP, gettext_lazy("Meta bloqueó la cuenta de WhatsApp.")),
    "131037": (Action.STOP, gettext_lazy("Falta que Meta apruebe el nombre visible de este número.")),
    "131042": (Action.STOP, gettext_lazy("La cuenta de WhatsApp tiene un problema de pago con Meta.")),
    "131045": (Action.STOP, gettext_lazy("El número no está registrado en WhatsApp.")),
    "131047": (
        Action.TEMPLATE,
        gettext_lazy("Pasaron más de 24 horas desde su último mensaje: solo se puede enviar una plantilla."),
    ),
    "131048": (
        Action.STOP,
        gettext_lazy("Meta limitó este número: demasiados clientes bloquearon o reportaron sus mensajes."),
    ),
    "131049": (Action.STOP, gettext_lazy("Meta decidió no entregar este mensaje comercial por ahora.")),
    # Advertisements alone: a notice about the service goes by a template of another category.
    "131050": (Action.STOP, gettext_lazy("El cliente pidió no recibir mensajes comerciales.")),
    "131051": (Action.STOP, gettext_lazy("WhatsApp no admite este tipo de mensaje.")),
    "131052": (Action.STOP, gettext_lazy("WhatsApp no pudo descargar el archivo del cliente.")),
    "131053": (Action.STOP, gettext_lazy("WhatsApp no aceptó el archivo: revise su tipo y su tamaño.")),
    "131056": (Action.RETRY, gettext_lazy("Demasiados mensajes seguidos a este cliente: WhatsApp pidió esperar.")),
    "131057": (Action.RETRY, gettext_lazy("La cuenta de WhatsApp está en mantenimiento.")),
    "131062": (
        Action.STOP,
        gettext_lazy("Este mensaje no se puede enviar a quien oculta su número: hace falta el teléfono del cliente."),
    ),
    "132000": (Action.STOP, gettext_lazy("La plantilla espera otra cantidad de datos.")),
    "132001": (Action.STOP, gettext_lazy("La plantilla no existe en ese idioma, o aún no está aprobada.")),
    "132005": (Action.STOP, gettext_lazy("La plantilla quedó demasiado larga con estos datos.")),
    "132007": (Action.STOP, gettext_lazy("El texto de la plantilla no cumple las políticas de WhatsApp.")),
    "132012": (Action.STOP, gettext_lazy("Un dato de la plantilla no tiene la forma que se espera.")),
    "132015": (Action.STOP, gettext_lazy("Meta puso la plantilla en pausa por su baja calidad.")),
    "132016": (Action.STOP, gettext_lazy("Meta desactivó la plantilla por su baja calidad.")),
    "133004": (Action.RETRY, gettext_lazy("WhatsApp no está disponible por ahora.")),
    "133010": (Action.STOP, gettext_lazy("El número no está registrado en WhatsApp.")),
    "133016": (Action.STOP, gettext_lazy("Demasiados intentos de registrar el número: Meta lo bloqueó por ahora.")),
    "135000": (Action.STOP, gettext_lazy("Meta no pudo enviar el mensaje: hay un dato que no es válido.")),
}
# These ask the whole number, or the whole account, to go slower.
SLOW_DOWN = frozenset({"4", "80007", "130429"})
# Seconds one customer is left alone: Meta lets a message every six seconds to the same person.
PAIR_PAUSE_S = {"131056": 10}


def explain(code: str, details: str = "") -> tuple[str, Action]:
    """A sentence for the staff and what can be done. Unknown codes stop the message."""
    if code in ERRORS:
        action, text = ERRORS[code]
        return str(text), action
    sentence = _("WhatsApp no pudo entregar el mensaje (error %(code)s).") % {"code": code or "?"}
    return f"{sentence} {details}".strip()[:255], Action.STOP


def error_in(body: Any) -> tuple[str, str]:
    """The code and the details of a Graph error, empty where it has none."""
    error = body.get("error") if isinstance(body, Mapping) else None
    if not isinstance(error, Mapping):
        return "", ""
    gone = error.get("error_subcode") == 33  # its code is 100, which says nothing
    code = "33" if gone else str(error.get("code") or "")
    data = error.get("error_data")
    details = data.get("details") if isinstance(data, Mapping) else None
    return code, str(details or error.get("message") or "")[:160]
