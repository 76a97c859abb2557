"""Where we let ourselves be sent: a router's address is typed by a provider and must not point at our own house."""

from __future__ import annotations

import ipaddress
import socket

from django.utils.translation import gettext as _

from network.drivers.base import Address, DriverError


def resolve(address: Address) -> str:
    """Return the IP to connect to, already checked, so that no second look-up can answer otherwise.

    Raises DriverError when the name is unknown or the address is one we refuse: loopback, link-local (where clouds
    keep their metadata), multicast, reserved, or one of the platform's own.
    """
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        found = []
    if not found:
        message = _("No se encuentra «%(host)s». Revise que la dirección esté bien escrita.") % {"host": address.host}
        raise DriverError(message)
    ips = [str(entry[4][0]) for entry in found]
    if not address.allow_local:
        for ip in ips:
            if _is_refused(ip) or ip in address.forbidden:
                raise DriverError(
                    _("La dirección «%(host)s» no se permite: no es la de un router.") % {"host": address.host},
                    permanent=True,
                )
    return ips[0]


def _is_refused(text: str) -> bool:
    ip = ipaddress.ip_address(text.split("%", maxsplit=1)[0])
    mapped = getattr(ip, "ipv4_mapped", None)
    ip = mapped or ip
    return ip.is_loopback or ip.is_link_local or ip.is_multicast or ip.is_unspecified or ip.is_reserved
