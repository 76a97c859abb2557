"""Services matched with what was found on equipment."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from network.domain.matching import Candidate, Evidence, Known, Match, Sureness, match_candidates, plain_ip, plain_mac

ANA = Known(1, "Ana Muñoz", ("S00001", "C00001"), ("ana@red",), ("10.1.0.1",), ("AA:BB:CC:00:00:01",), ("ucrm:11",))
BETO = Known(2, "Beto Ñaupari Díaz", ("S00002",), ("beto@red",), ("10.1.0.2",), ("AA:BB:CC:00:00:02",), ("ucrm:12",))
CARO = Known(3, "Carolina Peña", ("S00003",))
CARO_TOO = Known(4, "CAROLINA  PENA", ("S00004",))
EVERYBODY = (ANA, BETO, CARO, CARO_TOO)


def one(**given: str) -> Match:
    return match_candidates([Candidate("x", **given)], EVERYBODY)[0]


@pytest.mark.parametrize(
    ("found", "service", "sureness", "evidence"),
    [
        ({"external_ref": "ucrm:12"}, 2, Sureness.SURE, {Evidence.REF}),
        ({"name": "ANA@red"}, 1, Sureness.SURE, {Evidence.USER}),
        ({"mac": "aabb.cc00.0001"}, 1, Sureness.SURE, {Evidence.MAC}),
        ({"mac": "AA-BB-CC-00-00-02", "name": "radio 7"}, 2, Sureness.SURE, {Evidence.MAC}),
        ({"ip": "10.1.0.2/24"}, 2, Sureness.LIKELY, {Evidence.IP}),
        (
            {"ip": "10.1.0.2", "comment": "beto naupari diaz"},
            2,
            Sureness.SURE,
            {Evidence.IP, Evidence.NAME, Evidence.WORDS},
        ),
        ({"name": "beto ÑAUPARI díaz"}, 2, Sureness.LIKELY, {Evidence.NAME, Evidence.WORDS}),
        ({"comment": "Ñaupari, Beto"}, 2, Sureness.DOUBTFUL, {Evidence.WORDS}),
        (
            {"comment": "Beto Ñaupari Díaz - casa azul / 300 123"},
            2,
            Sureness.LIKELY,
            {Evidence.NAME, Evidence.WORDS},
        ),
        ({"comment": "torre 3, 10.1.0.2"}, 2, Sureness.LIKELY, {Evidence.IP}),
        ({"comment": "antena (AA-BB-CC-00-00-01)"}, 1, Sureness.SURE, {Evidence.MAC}),
        ({"comment": "casa azul S00001"}, 1, Sureness.LIKELY, {Evidence.CODE}),
        ({"comment": "Ana Munoz - s00001"}, 1, Sureness.SURE, {Evidence.CODE, Evidence.NAME, Evidence.WORDS}),
    ],
)
def test_what_tells_a_service(found: dict[str, str], service: int, sureness: Sureness, evidence: set[Evidence]) -> None:
    match = one(**found)
    assert (match.service_id, match.sureness, set(match.evidence)) == (service, sureness, evidence)
    assert match.others == ()


def test_nobody_fits() -> None:
    match = one(name="Zoila Vaca", ip="10.9.9.9", mac="00:00:00:00:00:00", comment="Ana")
    assert (match.service_id, match.sureness) == (None, Sureness.NONE)
    assert "ningún servicio" in match.reason


def test_why_it_is_so_in_words() -> None:
    assert one(name="Ana Munoz").reason == "Coincide el nombre."
    assert one(comment="Ana Muñoz S00001").reason == "Coincide el código, parte del nombre."


def test_two_of_one_name_are_left_to_a_person() -> None:
    match = one(name="Carolina Peña")
    assert match.sureness is Sureness.DOUBTFUL
    assert {match.service_id, *match.others} == {3, 4}
    assert "otro servicio" in match.reason


def test_evidence_that_disagrees_is_doubtful() -> None:
    match = one(external_ref="ucrm:11", mac="AA:BB:CC:00:00:02")
    assert (match.service_id, match.sureness, match.others) == (1, Sureness.DOUBTFUL, (2,))
    match = one(name="ana@red", ip="10.1.0.2")
    assert (match.service_id, match.sureness, match.others) == (1, Sureness.DOUBTFUL, (2,))
    match = one(external_ref="ucrm:11", comment="Beto Ñaupari Díaz")
    assert (match.service_id, match.sureness) == (1, Sureness.SURE), "a comment does not outweigh an id"


def test_a_service_is_given_once() -> None:
    by_ref, by_ip, by_name = (
        Candidate("a", external_ref="ucrm:11"),
        Candidate("b", ip="10.1.0.1"),
        Candidate("c", name="Ana Muñoz"),
    )
    first, second, third = match_candidates([by_ref, by_ip, by_name], EVERYBODY)
    assert [m.sureness for m in (first, second, third)] == [Sureness.SURE, Sureness.DOUBTFUL, Sureness.DOUBTFUL]
    assert [m.service_id for m in (first, second, third)] == [1, 1, 1]
    assert "otro elemento" in second.reason
    both = match_candidates([by_ip, by_name], EVERYBODY)
    assert {m.sureness for m in both} == {Sureness.DOUBTFUL}


def test_addresses_in_every_writing() -> None:
    assert plain_mac("AA:bb-CC.00:00:01") == "aabbcc000001"
    assert plain_mac("0000.0000.0000") == plain_mac("no") == plain_mac("") == ""
    assert plain_ip("10.0.0.1/24") == "10.0.0.1"
    assert plain_ip("2001:DB8:0:0::1") == "2001:db8::1"
    assert plain_ip("300.1.1.1") == plain_ip("") == ""


def dice(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 -- repeatable, not secret


words = st.sampled_from(["ana", "muñoz", "peña", "díaz", "luz", "rosa", "S00001", "s00002", "x"])
texts = st.lists(words, max_size=4).map(" ".join)
ips = st.sampled_from(["", "10.0.0.1", "10.0.0.2/24", "10.0.0.3", "roto"])
macs = st.sampled_from(["", "AA:BB:CC:00:00:01", "aabbcc000002", "AABB.CC00.0003"])
refs = st.sampled_from(["", "ucrm:1", "ucrm:2", "site:3"])
knowns = st.builds(
    Known,
    service_id=st.integers(1, 12),
    customer=texts,
    codes=st.lists(words, max_size=2).map(tuple),
    users=st.lists(words, max_size=2).map(tuple),
    ips=st.lists(ips, max_size=2).map(tuple),
    macs=st.lists(macs, max_size=2).map(tuple),
    external_refs=st.lists(refs, max_size=2).map(tuple),
)
found = st.builds(Candidate, key=st.uuids().map(str), name=texts, ip=ips, mac=macs, comment=texts, external_ref=refs)


@settings(max_examples=150, deadline=None)
@given(
    candidates=st.lists(found, max_size=8),
    services=st.lists(knowns, max_size=8, unique_by=lambda known: known.service_id),
    seed=st.integers(0, 9),
)
def test_it_never_invents_nor_gives_twice(candidates: list[Candidate], services: list[Known], seed: int) -> None:
    matches = match_candidates(candidates, services)
    ids = {service.service_id for service in services}
    assert [match.candidate for match in matches] == candidates
    given_away = [m.service_id for m in matches if m.sureness in {Sureness.SURE, Sureness.LIKELY}]
    assert len(given_away) == len(set(given_away))
    for match in matches:
        assert (match.service_id is None) == (match.sureness is Sureness.NONE) == (not match.evidence)
        assert {match.service_id, *match.others} - {None} <= ids
        assert match.service_id not in match.others
        assert match.reason
    shuffled, turned = dice(seed).sample(services, len(services)), candidates[::-1]
    assert match_candidates(turned, shuffled)[::-1] == matches, "order says nothing"


@settings(max_examples=60, deadline=None)
@given(count=st.integers(1, 30), seed=st.integers(0, 99))
def test_whoever_is_known_by_something_of_their_own_is_found(count: int, seed: int) -> None:
    chance = dice(seed)
    services = [
        Known(n, f"Persona {n}", (), (f"u{n}@red",), (f"10.0.0.{n}",), (f"AABBCC0000{n:02X}",), (f"ucrm:{n}",))
        for n in range(1, count + 1)
    ]
    candidates = []
    for n in range(1, count + 1):
        own = {"name": f"U{n}@RED", "mac": f"aa:bb:cc:00:00:{n:02x}", "external_ref": f"ucrm:{n}"}
        kept = chance.sample(sorted(own), chance.randint(1, 3))
        candidates.append(Candidate(str(n), **{name: own[name] for name in kept}))
    chance.shuffle(candidates)
    matches = match_candidates(candidates, services)
    assert all(m.sureness is Sureness.SURE and str(m.service_id) == m.candidate.key for m in matches)


def test_ten_thousand_take_a_moment() -> None:
    chance = dice(1)
    surnames, names = [f"Apellido{n}" for n in range(300)], [f"Nombre{n}" for n in range(200)]
    services = [
        Known(n, f"{chance.choice(names)} {chance.choice(surnames)} {chance.choice(surnames)}", (f"S{n:05d}",))
        for n in range(10_000)
    ]
    candidates = [Candidate(str(n), comment=service.customer) for n, service in enumerate(services)]
    started = time.process_time()
    matches = match_candidates(candidates, services)
    assert time.process_time() - started < 8
    assert sum(m.sureness is Sureness.LIKELY for m in matches) > 9_000
