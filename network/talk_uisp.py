"""What a call to UISP is for, and its answer, in words. Calls are logged as `PATCH /crm/api/v1.0/... {"a": 1}`."""

from __future__ import annotations

import re

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

# By method and path, the first that fits; said with somebody in mind, and without.
_CALLS: tuple[tuple[str, Promise, Promise], ...] = (
    (r"POST .*/user/login", _l("Déjame entrar"), _l("Déjame entrar")),
    (r"\w+ .*/cancel-suspend\b", _l("Reactiva a %(who)s"), _l("Reactiva un servicio")),
    (r"\w+ .*/unsuspend\b", _l("Reactiva a %(who)s"), _l("Reactiva un sitio")),
    (r"POST .*service-suspension-reasons", _l("Anota nuestra razón para suspender"), _l("Anota nuestra razón")),
    (r"GET .*service-suspension-reasons", _l("¿Qué razones hay para suspender?"), _l("¿Qué razones hay?")),
    (r"\w+ .*/suspend\b", _l("Suspende a %(who)s"), _l("Suspende un servicio")),
    (
        r"DELETE .*/traffic-shaping-override",
        _l("Quítale a %(who)s la velocidad especial"),
        _l("Quita una velocidad especial"),
    ),
    (r"\w+ .*/traffic-shaping-override", _l("Ponle a %(who)s su velocidad"), _l("Pon una velocidad")),
    (r"GET .*/qos\b", _l("¿Qué velocidad tiene %(who)s?"), _l("¿Qué velocidad tiene un sitio?")),
    (r"PUT .*/qos\b", _l("Ponle a %(who)s su velocidad"), _l("Pon una velocidad")),
    (r"\w+ .*/end\b", _l("Termina el servicio de %(who)s"), _l("Termina un servicio")),
    (r"PATCH .*/clients/services/\d+ .*servicePlan", _l("Cambia el plan de %(who)s"), _l("Cambia un plan")),
    (r"PATCH .*/clients/services/\d+", _l("Cambia el servicio de %(who)s"), _l("Cambia un servicio")),
    (r"GET .*/clients/services", _l("¿Cómo está el servicio de %(who)s?"), _l("¿Qué servicios tienes?")),
    (r"GET .*/service-plans", _l("¿Qué planes tienes?"), _l("¿Qué planes tienes?")),
    (r"GET .*/clients", _l("¿Quién es %(who)s?"), _l("¿Qué clientes tienes?")),
    (r"GET .*/devices/ips", _l("¿A qué direcciones no dejas pasar?"), _l("¿A qué direcciones no dejas pasar?")),
    (r"GET .*/devices", _l("¿Qué equipos tiene %(who)s?"), _l("¿Qué equipos tienes?")),
    (r"GET .*/sites", _l("¿Cómo está el sitio de %(who)s?"), _l("¿Qué sitios tienes?")),
    (r"GET .*/version", _l("¿Qué versión eres?"), _l("¿Qué versión eres?")),
)
_METHODS = re.compile(r"(GET|POST|PUT|PATCH|DELETE) (/\S*)")


def is_uisp(sentence: str) -> bool:
    """Whether a logged sentence is a call over HTTP."""
    return bool(_METHODS.match(sentence))


def uisp_meaning(sentence: str, who: str) -> str:
    """Return what a call asks for; one that is not known reads as its method and path."""
    for pattern, named, bare in _CALLS:
        if re.match(pattern, sentence):
            return str(named) % {"who": who} if who else str(bare)
    found = _METHODS.match(sentence)
    return found[0] if found else sentence


def uisp_answer(sentence: str, reply: str) -> str:
    """Return the answer to a call that went well."""
    if not re.fullmatch(r"2\d\d", reply.strip()):
        return reply
    return _("Aquí está") if sentence.startswith("GET ") else _("Hecho")
