"""What went wrong with a model's service, as a sentence for the staff."""

from __future__ import annotations

from urllib.parse import urlsplit

import openai
from django.utils.translation import gettext as _

from chatbot.engines.base import NOTHING, EngineError, Usage
from chatbot.engines.openai.config import ModelConfig


def explain(error: openai.OpenAIError, config: ModelConfig) -> EngineError:
    """Return what went wrong as a sentence for the staff."""
    sentence, permanent = _reason(error)
    if getattr(error, "status_code", 0) == 404 and not urlsplit(config.base_url).path.strip("/"):
        # A service that has no such address knows no model by any name.
        sentence = _("%(host)s no tiene nada en esa dirección. Suele terminar en /v1.")
    names = {"host": urlsplit(config.base_url).hostname, "model": config.model, "seconds": f"{config.timeout:g}"}
    return EngineError(sentence % names, permanent=permanent)


def _reason(error: openai.OpenAIError) -> tuple[str, bool]:
    status = getattr(error, "status_code", 0)
    if status == 429 and getattr(error, "code", None) == "insufficient_quota":
        status = 402
    if isinstance(error, openai.APITimeoutError):
        return _("%(host)s no contestó en %(seconds)s segundos."), False
    if isinstance(error, openai.APIConnectionError):
        return _("No se pudo conectar con %(host)s."), False
    refused = _("%(host)s rechazó la clave. Revise que esté completa y activa.")
    known = {
        401: (refused, True),
        402: (_("La cuenta en %(host)s no tiene saldo."), True),
        403: (refused, True),
        404: (_("%(host)s no conoce el modelo «%(model)s»."), True),
        429: (_("%(host)s pide ir más despacio."), False),
    }
    if 400 <= status < 500:
        return known.get(status, (_("%(host)s no aceptó la pregunta (%(model)s)."), True))
    return _("%(host)s falló de su lado."), False


def nonsense(usage: Usage = NOTHING) -> EngineError:
    """What to raise for an answer that is not what was asked for, and what it used."""
    return EngineError(_("El modelo contestó algo que no se esperaba."), permanent=False, usage=usage)
