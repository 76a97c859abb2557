"""What UISP answers and how calls fail, as sentences for people."""

from __future__ import annotations

import ssl
from typing import Any

import httpcore2
from django.utils.translation import gettext as _

from network.drivers.base import Address, DriverError
from network.drivers.uisp.wire import UnprovenError

_TOLD = 160


def busy(wait_s: float) -> DriverError:
    """Return the error for being asked to wait so long before the next request."""
    message = _("UISP pide esperar %(count)s s: recibe demasiadas consultas.") % {"count": max(1, round(wait_s))}
    return DriverError(message)


def connection_error(error: BaseException, address: Address) -> DriverError:
    """Return what a failed call means. The given error is not linked: it may carry a token."""
    where = {"host": address.host, "port": address.port}
    if isinstance(error, UnprovenError):
        return DriverError(
            _(
                "El certificado de %(host)s:%(port)s cambió: su huella ahora es %(fingerprint)s. Si lo renovó usted, "
                "borre la huella guardada; si no, no escriba ahí ninguna contraseña."
            )
            % (where | {"fingerprint": in_pairs(error.fingerprint)}),
            permanent=True,
        )
    if isinstance(error, ssl.SSLError):
        return DriverError(
            _("No se pudo cifrar la conexión con %(host)s:%(port)s. Revise el puerto (443) y el tipo de cifrado.")
            % where
        )
    if isinstance(error, ConnectionRefusedError):
        return DriverError(
            _("%(host)s rechazó la conexión en el puerto %(port)s. Revise que UISP esté activo ahí.") % where
        )
    if isinstance(error, TimeoutError):
        return DriverError(
            _("%(host)s:%(port)s no respondió a tiempo. Puede estar apagado, sin internet o muy ocupado.") % where
        )
    if isinstance(error, OSError | httpcore2.RemoteProtocolError) and not _spoke_otherwise(error):
        return DriverError(_("Se cortó la conexión con %(host)s:%(port)s.") % where)
    return not_uisp(address)


def unknown_certificate(address: Address, fingerprint: str) -> DriverError:
    """Return the error for a certificate that no authority stands for."""
    return DriverError(
        _(
            "Ninguna autoridad avala el certificado de %(host)s:%(port)s. Si es el de su UISP, elija «con la huella "
            "del certificado»; su huella es %(fingerprint)s."
        )
        % {"host": address.host, "port": address.port, "fingerprint": in_pairs(fingerprint)},
        permanent=True,
    )


def not_uisp(address: Address) -> DriverError:
    """Return the error for an answer that UISP does not give, such as the page of a proxy."""
    return DriverError(
        _("Lo que responde en %(host)s:%(port)s no es UISP. Revise la dirección y el puerto.")
        % {"host": address.host, "port": address.port}
    )


def status_error(status: int, body: Any) -> DriverError:
    """Return the error of an answer by its status; what cannot help to try again is permanent."""
    if status == 401:
        return DriverError(_("UISP no aceptó el usuario, la contraseña o la clave."), permanent=True)
    if status == 403:
        return DriverError(
            _("A la clave o al usuario de UISP le faltan permisos: hace falta uno que pueda escribir."), permanent=True
        )
    said = said_in(body)
    if status == 404:
        return DriverError(_("UISP dice que eso no existe."), permanent=True)
    if status in {400, 409, 422}:
        return DriverError(_("UISP no lo aceptó: %(said)s") % {"said": said or status}, permanent=True)
    if 300 <= status < 400:
        return DriverError(
            _("Esa dirección manda a otra parte: escriba aquella en la que UISP responde."), permanent=True
        )
    return DriverError(_("UISP falló por dentro (%(status)s).") % {"status": status})


def said_in(body: Any) -> str:
    """Return what an error says: its message, and what is wrong by field."""
    if not isinstance(body, dict):
        return ""
    said = [str(body.get("message") or "").strip()]
    errors = body.get("errors")
    if isinstance(errors, dict):
        for name, texts in errors.items():
            said.append(f"{name}: {' '.join(map(str, texts)) if isinstance(texts, list) else texts}")
    return " ".join(text for text in said if text)[:_TOLD]


def in_pairs(fingerprint: str) -> str:
    """Return a fingerprint as people compare it: `AB:CD:…`."""
    return ":".join(fingerprint[at : at + 2] for at in range(0, len(fingerprint), 2)).upper()


def _spoke_otherwise(error: BaseException) -> bool:
    """Whether something answered that is no HTTP; a server that went away said nothing."""
    return isinstance(error, httpcore2.RemoteProtocolError) and "disconnected" not in str(error)
