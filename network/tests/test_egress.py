"""Where a router's address may lead: never into our own house, whatever name or form it hides in."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from network.domain.house import router_exceptions
from network.domain.planning import target_of
from network.drivers.base import Address, DriverError
from network.drivers.egress import pair, resolve
from network.models import AllowedNetwork
from network.tests.conftest import make_router
from simulators.announcing import announce
from tenants.current import entered
from tenants.models import Tenant

REFUSED = [
    "127.0.0.1", "127.8.9.1", "0.0.0.0", "0.1.2.3",  # noqa: S104
    "169.254.169.254", "169.254.0.9", "224.0.0.1", "255.255.255.255",
    "100.100.100.200", "192.0.0.192", "168.63.129.16", "::", "::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1",
    "fd00:ec2::254", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a00:1", "2002:7f00:1::", "2001:0:7f00:1::", "::127.0.0.1", "2803:1::5efe:7f00:1",
]  # fmt: skip
WELCOME = [
    "10.0.0.1",
    "192.168.88.1",
    "172.16.4.2",
    "100.64.3.9",
    "8.8.8.8",
    "fd12::1",
    "2803:9800::7",
    "64:ff9b::808:808",
]


def house(*answers: str) -> Any:
    """A name service that gives these answers, and counts how often it is asked."""

    def look_up(_host: str, port: int, **_more: Any) -> list[Any]:
        look_up.asked += 1
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in answers]

    look_up.asked = 0
    return look_up


def of(host: str = "router.example", port: int = 8728, **more: Any) -> Address:
    return Address(host, port, "u", "p", **more)


@pytest.mark.parametrize("ip", REFUSED)
def test_what_is_ours_or_nobodys_is_refused_as_ip_and_by_name(ip: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for answers in ([ip], ["8.8.8.8", ip], [ip, "8.8.8.8"]):
        monkeypatch.setattr(socket, "getaddrinfo", house(*answers))
        with pytest.raises(DriverError, match="no se permite") as caught:
            resolve(of())
        assert caught.value.permanent


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f.1", "localhost", "LOCALHOST", "[::1]", "::1", "0"])
def test_ways_of_writing_this_machine(host: str) -> None:
    with pytest.raises(DriverError, match=r"no se permite|No se encuentra"):
        resolve(of(host, 5432))


@pytest.mark.parametrize("ip", WELCOME)
def test_routers_may_be_in_private_and_public_networks(ip: str, monkeypatch: pytest.MonkeyPatch) -> None:
    names = house(ip)
    monkeypatch.setattr(socket, "getaddrinfo", names)
    assert resolve(of()) == ip
    assert names.asked == 1, "a second look-up could answer otherwise"


def test_names_that_lead_nowhere() -> None:
    for host in ("no-existe.invalid", "a" * 70, "", "ñ" * 300, "a..b", "\udcff"):
        with pytest.raises(DriverError, match=r"No se encuentra|no se permite"):
            resolve(of(host))


def test_the_machines_own_interfaces_are_no_router(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("no interface but the loopback")
        own = probe.getsockname()[0]
    monkeypatch.setattr(socket, "getaddrinfo", house(own))
    with pytest.raises(DriverError, match="no se permite"):
        resolve(of())


@pytest.mark.parametrize("ip", ["10.0.0.5", "10.9.4.4", "::ffff:10.9.4.4", "64:ff9b::a09:404"])
def test_the_platforms_own_addresses_and_networks(ip: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", house(ip))
    with pytest.raises(DriverError, match="no se permite"):
        resolve(of(forbidden=frozenset({"10.0.0.5", "10.9.0.0/16"})))


def test_the_networks_that_a_provider_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    allowed = ("10.20.0.0/16", "2803:9800::/32")
    for ip in ("10.20.3.4", "2803:9800::9", "::ffff:10.20.3.4"):
        monkeypatch.setattr(socket, "getaddrinfo", house(ip))
        assert resolve(of(allowed=allowed)) == ip
    for answers in (["10.21.0.1"], ["10.20.0.1", "10.21.0.1"], ["2803:9801::1"]):
        monkeypatch.setattr(socket, "getaddrinfo", house(*answers))
        with pytest.raises(DriverError, match="redes permitidas"):
            resolve(of(allowed=allowed))
    monkeypatch.setattr(socket, "getaddrinfo", house("127.0.0.1"))
    with pytest.raises(DriverError, match="no se permite"):
        resolve(of(allowed=("127.0.0.0/8",)))


def test_an_exception_is_one_exact_pair() -> None:
    exceptions = frozenset({"127.0.0.1:8728"})
    assert resolve(of("127.0.0.1", 8728, exceptions=exceptions)) == "127.0.0.1"
    for host, port in (("127.0.0.1", 8729), ("127.0.0.2", 8728), ("localhost", 8728)):
        with pytest.raises(DriverError, match="no se permite"):
            resolve(of(host, port, exceptions=exceptions))


def embedded(low: int) -> list[str]:
    """Forms in which an IPv6 address leads to an IPv4 one."""
    return [
        str(ipaddress.IPv6Address(number))
        for number in (
            (0xFFFF << 32) | low,
            (0x64FF9B << 96) | low,
            (0x2002 << 112) | (low << 80) | 1,
            (0x2001 << 112) | (low ^ 0xFFFFFFFF),
        )
    ]


@given(st.integers(0x7F000000, 0x7FFFFFFF) | st.integers(0xA9FE0000, 0xA9FEFFFF) | st.integers(0xE0000000, 0xFFFFFFFF))
def test_no_form_of_a_refused_address_gets_through(low: int) -> None:
    for text in [str(ipaddress.IPv4Address(low)), *embedded(low)]:
        with pytest.MonkeyPatch.context() as patch, pytest.raises(DriverError, match="no se permite"):
            patch.setattr(socket, "getaddrinfo", house(text))
            resolve(of())


@given(st.ip_addresses())
def test_whatever_gets_through_is_the_answer_itself(ip: Any) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", house(str(ip)))
        try:
            answer = resolve(of())
        except DriverError:
            return
    assert answer == str(ip)
    assert not any((ip.is_loopback, ip.is_link_local, ip.is_multicast, ip.is_unspecified))


def test_pairs_from_the_environment_and_its_file(settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "pairs"
    settings.ROUTER_EXCEPTIONS, settings.ROUTER_EXCEPTIONS_FILE = ["Sim.local:8728"], str(file)
    assert router_exceptions() == {"sim.local:8728"}
    monkeypatch.setenv("ENLACE_ROUTER_EXCEPTIONS_FILE", str(file))
    announce("127.0.0.1", 9001)
    announce("::1", 9002)
    assert router_exceptions() == {"sim.local:8728", "127.0.0.1:9001", "[::1]:9002"}
    assert pair("::1", 9002) in router_exceptions()
    for wrong in ("127.0.0.1", "127.0.0.0/8:1", "*:8728", ":8728", "host:"):
        settings.ROUTER_EXCEPTIONS = [wrong]
        with pytest.raises(ValueError, match="exact"):
            router_exceptions()


def test_each_provider_has_its_own_networks(norte: Tenant, sur: Tenant) -> None:
    with entered(norte):
        AllowedNetwork.objects.create(cidr="10.20.0.0/16")
        assert target_of(make_router()).address.allowed == ("10.20.0.0/16",)
    with entered(sur):
        assert target_of(make_router()).address.allowed == ()
