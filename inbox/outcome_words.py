"""What came of a raw notification, as people say it: the row keeps the code's own words."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inbox.kinds import ContentKind

WHOLE = {
    "sent": gettext_lazy("Enviado"),
    "delivered": gettext_lazy("Entregado"),
    "read": gettext_lazy("Leído"),
    "failed": gettext_lazy("No entregado"),
    "applied before": gettext_lazy("Ya se había hecho"),
    "edit": gettext_lazy("Mensaje editado"),
    "edit: nothing new": gettext_lazy("Edición que ya estaba"),
    "deletion": gettext_lazy("Mensaje eliminado"),
    "deletion: known": gettext_lazy("Eliminación que ya estaba"),
    "reaction taken away": gettext_lazy("Quitó su reacción"),
    "address changed": gettext_lazy("Cambió de número"),
    "address: unknown": gettext_lazy("Cambió de número alguien que no ha escrito"),
    "address: belongs to another conversation": gettext_lazy("Cambió a un número que ya es de otra conversación"),
    "block: unknown person": gettext_lazy("Bloqueo de alguien que no ha escrito"),
    "blocked us": gettext_lazy("Bloqueó el número"),
    "hears us again": gettext_lazy("Desbloqueó el número"),
    "template: unknown": gettext_lazy("Cambio de una plantilla que no está aquí"),
    "channel: nothing new": gettext_lazy("Estado del canal, sin cambios"),
    "channel problem": gettext_lazy("El canal tiene un problema"),
    "channel is well": gettext_lazy("El canal está bien"),
}
KINDS = {
    ContentKind.TEXT: gettext_lazy("Mensaje"),
    ContentKind.IMAGE: gettext_lazy("Foto"),
    ContentKind.AUDIO: gettext_lazy("Audio"),
    ContentKind.VIDEO: gettext_lazy("Video"),
    ContentKind.DOCUMENT: gettext_lazy("Documento"),
    ContentKind.STICKER: gettext_lazy("Sticker"),
    ContentKind.LOCATION: gettext_lazy("Ubicación"),
    ContentKind.CONTACTS: gettext_lazy("Contacto"),
    ContentKind.CHOICE: gettext_lazy("Opción elegida"),
    ContentKind.UNSUPPORTED: gettext_lazy("Algo que el canal no entrega"),
}
BEGINNINGS = {
    "reaction ": gettext_lazy("Reacción"),
    "template ": gettext_lazy("Plantilla"),
    "ignored: ": gettext_lazy("Sin nada que hacer"),
    "introduced: ": gettext_lazy("Se presentó por su enlace"),
}


def outcome_words(outcome: str) -> str:
    """Return the words of each thing that came of a notification; what has none stays as it was kept."""
    return " · ".join(_one(part) for part in outcome.split("; ")) if outcome else ""


def _one(part: str) -> str:
    if part in WHOLE:
        return str(WHOLE[part])
    kind, _space, who = part.partition(" ")
    if kind in KINDS and who:
        return _("%(what)s de %(who)s") % {"what": KINDS[ContentKind(kind)], "who": who}
    for beginning, words in BEGINNINGS.items():
        if part.startswith(beginning):
            return f"{words}: {part.removeprefix(beginning)}"
    return part
