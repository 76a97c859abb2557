"""Templates of the demo's WhatsApp accounts that carry no notice: with picture and buttons, in review, rejected."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def far_templates(sid: Callable[[str], str]) -> list[dict[str, Any]]:
    """Return them as the messaging simulator reads an account's contents; `sid` makes an id of a name."""
    return [
        {
            "sid": sid("visit_confirmed"),
            "friendly_name": "visita_confirmada",
            "language": "es",
            "types": {
                "twilio/quick-reply": {
                    "body": "Hola {{1}}, el técnico pasa el {{2}} entre {{3}}. ¿Le queda bien?",
                    "actions": [{"title": "Sí, los espero", "id": "si"}, {"title": "Otro día", "id": "otro"}],
                }
            },
        },
        {
            "sid": sid("plan_offer"),
            "friendly_name": "oferta_mas_velocidad",
            "language": "es",
            "category": "MARKETING",
            "types": {
                "whatsapp/card": {
                    "header_text": "Más velocidad en su zona",
                    "body": "Hola {{1}}, ya puede pasar a {{2}} por {{3}} al mes. Sin cambiar de equipo.",
                    "footer": "Responda BAJA para no recibir promociones",
                    "actions": [{"type": "PHONE_NUMBER", "title": "Llamar", "phone": "+525500000000"}],
                }
            },
        },
        {
            "sid": sid("maintenance"),
            "friendly_name": "mantenimiento_programado",
            "language": "es",
            "status": "pending",
            "body": "Hola {{1}}, el {{2}} haremos trabajos en su zona y el servicio puede fallar unos minutos.",
        },
        {
            "sid": sid("debt_notice"),
            "friendly_name": "ultimo_aviso",
            "language": "es",
            "status": "rejected",
            "reason": "El texto amenaza al cliente.",
            "body": "Último aviso {{1}}: pague hoy o perderá su servicio.",
        },
    ]
