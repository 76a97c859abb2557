"""The three ways an API port may be encrypted: proven by an authority, by its known fingerprint, or not at all."""

from __future__ import annotations

import hashlib
import hmac
import socket
import ssl

from django.utils.translation import gettext as _

from network.drivers.base import Address, DriverError

CERTIFICATE, ANONYMOUS = "certificate", "anonymous"


def shake_hands(sock: socket.socket, address: Address) -> ssl.SSLSocket:
    """Encrypt a connection the way the address asks for. Raises ssl.SSLError whatever fails in it."""
    try:
        return context_for(address.tls).wrap_socket(sock, server_hostname=address.host)
    except ssl.SSLError:
        raise
    except OSError as error:
        # A port without TLS hangs up or stays silent: what failed is the handshake.
        raise ssl.SSLError(str(error)) from error


def context_for(tls: str) -> ssl.SSLContext:
    """Return how to encrypt: verified against the authorities the system knows, or not verified here."""
    if tls == CERTIFICATE:
        return ssl.create_default_context()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if tls == ANONYMOUS:
        # A router without a certificate offers only these: encrypted, and anyone may be in the middle.
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers("ADH:@SECLEVEL=0")
    return context


def fingerprint_of(sock: ssl.SSLSocket, address: Address) -> str:
    """Return the SHA-256 of the certificate met, "" without one. Raises DriverError when another one is pinned."""
    certificate = sock.getpeercert(binary_form=True)
    met = hashlib.sha256(certificate).hexdigest() if certificate else ""
    known = address.fingerprint.replace(":", "").lower()
    if address.tls == "pinned" and known and not hmac.compare_digest(met, known):
        raise DriverError(
            _(
                "%(host)s:%(port)s mostró un certificado que no es el conocido (huella %(met)s). Si lo cambiaron "
                "ustedes, acepte la huella nueva; si no, alguien puede estar en el medio."
            )
            % {"host": address.host, "port": address.port, "met": met[:16] or _("ninguna")},
            permanent=True,
        )
    return met
