"""How the bot's own events read."""

from __future__ import annotations

from django.utils.translation import gettext as _

from events.models import Event
from events.sentences import register

NAMES = {
    "enabled": "si responde",
    "engine": "cómo entiende",
    "greeting": "el saludo",
    "payment_instructions": "dónde pagar",
    "base_url": "la dirección del modelo",
    "model": "el modelo",
    "api_key": "la clave",
    "changes_plans": "si cambia planes",
    "trial_days": "cuántos días de prueba da",
    "trial_router": "en qué router crea las pruebas",
    "trial_kind": "con qué acceso son las pruebas",
    "receipts_a_day": "cuántos comprobantes lee al día",
    "max_misses": "cuándo llama a una persona",
    "pause_seconds": "cuánto espera",
    "name": "su nombre",
    "persona": "su personalidad",
    "hours": "cuándo contesta",
    "intents_off": "qué deja a una persona",
    "tools_off": "qué puede hacer",
    "answer_length": "el largo de sus respuestas",
    "emoji": "si usa emojis",
    "style": "cuánto detalle da",
    "language": "su idioma",
    "temperature": "la temperatura del modelo",
    "max_tokens": "los tokens de una respuesta",
    "history": "cuántos mensajes recuerda",
    "identity": "cuándo pide un dato para saber quién escribe",
    "identity_days": "cada cuántos días lo pide",
    "turns_an_hour": "cuánto contesta a un contacto",
    "contact_receipts_a_day": "cuántos comprobantes toma de un contacto",
    "contact_promises_a_day": "cuántas veces ofrece días para pagar",
    "audio_url": "quién escucha las notas de voz",
    "audio_model": "el modelo que escucha",
    "audio_key": "la clave de quien escucha",
    "metadata": "los datos de otros programas",
}


def _changed(event: Event) -> str:
    names = [NAMES.get(name, name) for name in event.facts.get("changed", [])]
    facts = {"who": event.actor_label, "what": ", ".join(names)}
    if event.facts.get("changed") == ["enabled"]:
        on = event.facts.get("enabled")
        return (_("%(who)s encendió el asistente.") if on else _("%(who)s apagó el asistente.")) % facts
    return _("%(who)s cambió en el asistente: %(what)s.") % facts


register("bot.changed", kind="account", icon="bot", sentence=_changed)
