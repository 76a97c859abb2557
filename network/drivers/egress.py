"""Where we let ourselves be sent: a router's address is typed by a provider and must not point at our own house.

Every answer of the name's look-up is judged, and the connection goes to the very IP that was, so that a name which
answers otherwise a moment later gains nothing.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable

from django.utils.translation import gettext as _

from network.drivers.base import Address, DriverError

IP = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Where clouds tell a machine its own secrets, as far as it is not link-local anyway: AWS, Alibaba, Oracle, Azure.
_METADATA = frozenset(
    ipaddress.ip_address(text)
    for text in ("169.254.169.254", "fd00:ec2::254", "fd20:ce::254", "100.100.100.200", "192.0.0.192", "168.63.129.16")
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# Also translation to IPv4, where in the address is each network's own choice.
_NAT64_LOCAL = ipaddress.ip_network("64:ff9b:1::/48")
_COMPATIBLE = ipaddress.ip_network("::/96")
_THIS_NETWORK = ipaddress.ip_network("0.0.0.0/8")
# Kept for examples, so nobody's.
_NOBODYS = ipaddress.IPv4Address("192.0.2.1")
_ISATAP = (0x00005EFE, 0x02005EFE)


def resolve(address: Address) -> str:
    """Return the IP to connect to, already checked, so that no second look-up can answer otherwise.

    Raises DriverError when the name is unknown or any of its addresses is one we refuse: loopback, link-local, where
    clouds keep their metadata, multicast, reserved, this machine's, one of the platform's own, or outside the
    networks the provider allows. An exact `host:port` of the exceptions is taken as it is.
    """
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, OverflowError):
        found = []
    ips = [str(entry[4][0]) for entry in found]
    if not ips:
        message = _("No se encuentra «%(host)s». Revise que la dirección esté bien escrita.") % {"host": address.host}
        raise DriverError(message)
    if pair(address.host, address.port) not in address.exceptions:
        for ip in ips:
            _check(ip, address)
    return ips[0]


def pair(host: str, port: int) -> str:
    """Return `host:port` as exceptions are written: lower case, IPv6 in brackets."""
    host = host.strip().strip("[]").casefold()
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _check(text: str, address: Address) -> None:
    ip = ipaddress.ip_address(text.partition("%")[0])
    where = {"host": address.host, "ip": text}
    if _is_refused(ip) or is_within(ip, address.forbidden) or _is_this_machine(ip):
        raise DriverError(_("La dirección «%(host)s» no se permite: no es la de un router.") % where, permanent=True)
    if address.allowed and not is_within(ip, address.allowed):
        message = _(
            "La dirección «%(host)s» (%(ip)s) no está en las redes permitidas. Agregue su red en «Redes permitidas»."
        )
        raise DriverError(message % where, permanent=True)


def is_within(ip: IP, networks: Iterable[str]) -> bool:
    """Whether an IP, or the IPv4 one it carries, is in any of these networks or is one of these addresses."""
    forms = {ip, *_carried(ip)}
    return any(form in network for network in map(_network, networks) for form in forms if network is not None)


def _network(text: str) -> Network | None:
    """Return a network, or None for what is none."""
    try:
        return ipaddress.ip_network(text.partition("%")[0], strict=False)
    except ValueError:
        return None


def _is_refused(ip: IP) -> bool:
    carried = _carried(ip)
    return (
        ip.is_loopback
        or ip.is_link_local
        or ip.is_multicast
        or ip.is_unspecified
        # What carries IPv4 in a range of its own is as good as what it carries.
        or (ip.is_reserved and not carried)
        or ip in _METADATA
        or ip in _THIS_NETWORK
        or ip in _NAT64_LOCAL
        or (ip.version == 6 and ip.is_site_local)
        or any(_is_refused(one) for one in carried)
    )


def _carried(ip: IP) -> list[ipaddress.IPv4Address]:
    """Return the IPv4 addresses that an IPv6 one leads to: mapped, translated (NAT64) or tunnelled."""
    if ip.version == 4:
        return []
    found = [ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())]
    low = int(ip) & 0xFFFFFFFF
    if ip in _NAT64 or (ip in _COMPATIBLE and low > 1) or (int(ip) >> 32) & 0xFFFFFFFF in _ISATAP:
        found.append(ipaddress.IPv4Address(low))
    return [one for one in found if one is not None]


def _is_this_machine(ip: IP) -> bool:
    """Whether one of our own interfaces has it: only those can be bound to, unless the system lets bind to any."""
    if not any(_can_bind(form) for form in (ip, *_carried(ip))):
        return False
    return not _can_bind(_NOBODYS) or _source_towards(ip) == str(ip)


def _can_bind(ip: IP) -> bool:
    try:
        with _datagram_socket(ip) as probe:
            probe.bind((str(ip), 0))
    except OSError:
        return False
    return True


def _source_towards(ip: IP) -> str:
    """Return the address we would send from; nothing is sent. Empty when there is no way."""
    try:
        with _datagram_socket(ip) as probe:
            probe.connect((str(ip), 9))
            return str(probe.getsockname()[0])
    except OSError:
        return ""


def _datagram_socket(ip: IP) -> socket.socket:
    return socket.socket(socket.AF_INET if ip.version == 4 else socket.AF_INET6, socket.SOCK_DGRAM)
