"""The first steps towards equipment of any kind, before anything is said to it: reach it, see its certificate."""

from __future__ import annotations

import contextlib
import hashlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.utils.translation import gettext as _

from network.drivers.base import Address, DriverError
from network.drivers.egress import resolve
from network.drivers.mikrotik.tls import context_for


def reach(address: Address, *, deadline_s: float) -> float:
    """Connect and hang up; return how long the connection took in milliseconds. Raises DriverError."""
    ip = resolve(address)
    where = {"host": address.host, "port": address.port}
    started = time.monotonic()
    try:
        socket.create_connection((ip, address.port), timeout=deadline_s).close()
    except ConnectionRefusedError:
        raise DriverError(
            _("%(host)s existe, pero rechazó la conexión en el puerto %(port)s: ahí no escucha nada.") % where
        ) from None
    except TimeoutError:
        raise DriverError(
            _("%(host)s no contestó en el puerto %(port)s: está apagado, sin internet, o un firewall no deja pasar.")
            % where
        ) from None
    except OSError:
        raise DriverError(_("No hay camino hasta %(host)s desde aquí.") % where) from None
    return (time.monotonic() - started) * 1000


def see_certificate(address: Address, *, deadline_s: float) -> str:
    """Encrypt the way the address asks for, and hang up; return the certificate's SHA-256, "" without one.

    Raises DriverError when it cannot be encrypted, or when an authority is to prove the certificate and does not.
    """
    ip = resolve(address)
    where = {"host": address.host, "port": address.port}
    try:
        with (
            socket.create_connection((ip, address.port), timeout=deadline_s) as plain,
            _hung_up_after(deadline_s, plain),
            context_for(address.tls).wrap_socket(plain, server_hostname=address.host) as link,
        ):
            certificate = link.getpeercert(binary_form=True)
    except ssl.SSLCertVerificationError as error:
        text = _("El certificado de %(host)s no lo avala una autoridad conocida (%(reason)s).")
        raise DriverError(text % {**where, "reason": error.verify_message}, permanent=True) from None
    except ssl.SSLError as error:
        raise DriverError(_why_not(error) % where) from None
    except (OSError, ValueError):
        raise DriverError(
            _("El puerto %(port)s de %(host)s se quedó callado o colgó al cifrar: no parece un puerto cifrado.") % where
        ) from None
    return hashlib.sha256(certificate).hexdigest() if certificate else ""


@contextmanager
def _hung_up_after(seconds: float, sock: socket.socket) -> Iterator[None]:
    """A socket's timeout is for each read: whoever trickles would hold us for ever."""

    def hang_up() -> None:
        with contextlib.suppress(OSError):  # gone already, which is what is wanted
            sock.shutdown(socket.SHUT_RDWR)

    # The handshake takes the connection over from `sock`: the number is kept alive by a copy.
    sock = sock.dup()
    timer = threading.Timer(seconds, hang_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        sock.close()


def _why_not(error: ssl.SSLError) -> str:
    if "WRONG_VERSION_NUMBER" in str(error) or "RECORD_LAYER" in str(error):
        return _("El puerto %(port)s de %(host)s habla sin cifrar: no parece un puerto cifrado.")
    if "HANDSHAKE_FAILURE" in str(error) or "NO_SHARED_CIPHER" in str(error):
        return _("%(host)s no tiene certificado para el puerto %(port)s, o cifra de una forma que no se acepta.")
    return _("El puerto %(port)s de %(host)s colgó al cifrar: no parece un puerto cifrado.")
