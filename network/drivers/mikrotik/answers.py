"""What RouterOS answers and how connections fail, as sentences for people."""

from __future__ import annotations

import ssl

from django.utils.translation import gettext as _
from routeros_api import exceptions

from network.drivers.base import Address, DriverError

_LOGIN = ("invalid user name or password", "cannot log in", "incorrect login")


def trap_error(message: str) -> DriverError:
    """Return the error of a `!trap` by its text. The categories RouterOS gives are too rare to lean on."""
    text = message.strip()
    if text.startswith(_LOGIN):
        return DriverError(_("El router no aceptó el usuario o la contraseña."), permanent=True)
    if text.startswith("not enough permissions"):
        return DriverError(
            _("Al usuario de la API le faltan permisos en el router (necesita api, read, write y test)."),
            permanent=True,
        )
    if text.startswith(("no such command", "unknown parameter")):
        return DriverError(_("El router no entiende la orden: %(text)s") % {"text": text}, permanent=True)
    return DriverError(_("El router respondió: %(text)s") % {"text": text or _("un error sin explicación")})


def is_gone(message: str) -> bool:
    """Whether a trap says that the item is not there (any more)."""
    return message.startswith("no such item")


def connection_error(error: BaseException, address: Address) -> DriverError:
    """Return what a failed connection means. The given error is not linked: it may carry the password."""
    where = {"host": address.host, "port": address.port}
    if isinstance(error, ssl.SSLError):
        return DriverError(
            _(
                "No se pudo cifrar la conexión con %(host)s:%(port)s. Revise el puerto de API-SSL (8729) "
                "y que el router tenga un certificado."
            )
            % where
        )
    if isinstance(error, ConnectionRefusedError):
        return DriverError(
            _(
                "%(host)s rechazó la conexión en el puerto %(port)s. Revise que el servicio API esté "
                "activo en el router (IP → Services) y que el puerto sea ese."
            )
            % where
        )
    if isinstance(error, TimeoutError) or "timed out" in str(error):
        return DriverError(
            _(
                "%(host)s:%(port)s no respondió a tiempo. Puede estar apagado, sin internet o con un "
                "firewall que no deja pasar."
            )
            % where
        )
    if isinstance(error, exceptions.RouterOsApiConnectionError | OSError):
        return DriverError(_("Se cortó la conexión con %(host)s:%(port)s.") % where)
    return DriverError(_("Lo que responde en %(host)s:%(port)s no es la API de un MikroTik.") % where)
