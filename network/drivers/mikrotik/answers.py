"""What RouterOS answers and how connections fail, as sentences for people."""

from __future__ import annotations

import ssl

from django.utils.translation import gettext as _
from routeros_api import exceptions

from network.drivers.base import Address, DriverError

_LOGIN = ("invalid user name or password", "cannot log in", "incorrect login")
_NOT_UNDERSTOOD = ("no such command", "unknown parameter", "expected end of command", "bad command name")
# Categories of a trap that a second try cannot help: argument value, scripting.
_FOR_GOOD = frozenset({"1", "3"})
# Not so of what another row may yet provide: a profile, a server, an interface made meanwhile.
_REFERENCE = "input does not match any value of"
_TLS_RECORDS = (b"\x15\x03", b"\x16\x03")


class Fatal(Exception):
    """`!fatal`: the router ends the session, and says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def trap_error(message: str, category: str = "") -> DriverError:
    """Return the error of a `!trap`, by its text and, where that says nothing known, its category."""
    text = message.strip()
    if text.startswith(_LOGIN):
        return DriverError(
            _("El router no aceptó el usuario o la contraseña, o ese usuario no tiene el permiso «api»."),
            permanent=True,
        )
    if text.startswith("not enough permissions"):
        return DriverError(
            _("Al usuario de la API le faltan permisos en el router (necesita api, read, write y test)."),
            permanent=True,
        )
    if text.startswith(_NOT_UNDERSTOOD):
        return DriverError(_("El router no entiende la orden: %(text)s") % {"text": text}, permanent=True)
    permanent = category in _FOR_GOOD and not text.startswith(_REFERENCE)
    return DriverError(
        _("El router respondió: %(text)s") % {"text": text or _("un error sin explicación")}, permanent=permanent
    )


def is_menu_missing(message: str) -> bool:
    """Whether a trap says that this version, or a package of it, does not have the menu."""
    return message.startswith(("no such command", "bad command name"))


def fatal_error(reason: str) -> DriverError:
    """Return the error of a session that the router ended."""
    if "not logged in" in reason:
        return DriverError(_("El router dice que la sesión no se inició; se vuelve a entrar."))
    return DriverError(
        _("El router cerró la sesión: %(reason)s") % {"reason": reason.strip() or _("sin decir por qué")}
    )


def connection_error(
    error: BaseException, address: Address, *, greeting: bytes = b"", signing_in: bool = False
) -> DriverError:
    """Return what a failed connection means. The given error is not linked: it may carry the password.

    `greeting`: the first bytes that came back; `signing_in`: the port was reached and the login not answered yet.
    """
    where: dict[str, str | int] = {"host": address.host, "port": address.port}
    stranger = _stranger(greeting, where)
    if stranger is not None:
        return stranger
    if isinstance(error, ssl.SSLError):
        return _tls_error(error, where)
    if isinstance(error, ConnectionRefusedError):
        return DriverError(
            _(
                "%(host)s rechazó la conexión en el puerto %(port)s. Revise que el servicio API esté "
                "activo en el router (IP → Services) y que el puerto sea ese."
            )
            % where
        )
    if isinstance(error, TimeoutError) or "timed out" in str(error):
        return _silence(where, signing_in=signing_in)
    if isinstance(error, exceptions.RouterOsApiConnectionError | OSError):
        return _hung_up(where, early=signing_in and not greeting)
    return DriverError(_("Lo que responde en %(host)s:%(port)s no es la API de un MikroTik.") % where)


def _stranger(greeting: bytes, where: dict[str, str | int]) -> DriverError | None:
    """What answers, when its first bytes tell that it is something else."""
    if greeting.startswith(b"HTTP/"):
        return DriverError(
            _(
                "En %(host)s:%(port)s responde un servidor web, no la API. Use el puerto del servicio API "
                "(8728, o 8729 cifrado; IP → Services)."
            )
            % where
        )
    if greeting.startswith(_TLS_RECORDS):
        return DriverError(
            _("El puerto %(port)s de %(host)s espera una conexión cifrada (API-SSL). Elija un tipo de cifrado.") % where
        )
    return None


def _tls_error(error: ssl.SSLError, where: dict[str, str | int]) -> DriverError:
    if isinstance(error, ssl.SSLCertVerificationError):
        return DriverError(
            _(
                "El certificado de %(host)s:%(port)s no se pudo comprobar (%(reason)s). Si el router firma el suyo, "
                "elija reconocerlo por su huella."
            )
            % {**where, "reason": error.verify_message},
            permanent=True,
        )
    return DriverError(
        _(
            "No se pudo cifrar la conexión con %(host)s:%(port)s. Revise el puerto de API-SSL (8729) "
            "y que el router tenga un certificado."
        )
        % where
    )


def _silence(where: dict[str, str | int], *, signing_in: bool) -> DriverError:
    if signing_in:
        return DriverError(
            _(
                "%(host)s:%(port)s aceptó la conexión y no respondió a tiempo. Puede que ese puerto no sea el de la "
                "API (8728, o 8729 cifrado) o que el router esté colgado."
            )
            % where
        )
    return DriverError(
        _(
            "%(host)s:%(port)s no respondió a tiempo. Puede estar apagado, sin internet o con un "
            "firewall que no deja pasar."
        )
        % where
    )


def _hung_up(where: dict[str, str | int], *, early: bool) -> DriverError:
    if early:
        return DriverError(
            _(
                "Se cortó la conexión con %(host)s:%(port)s antes de entrar. Revise en IP → Services que se permita "
                "esta dirección y que al servicio API le queden sesiones libres."
            )
            % where
        )
    return DriverError(_("Se cortó la conexión con %(host)s:%(port)s.") % where)
