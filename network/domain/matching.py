"""Which service is what was found on a piece of equipment: pure, over plain data.

Equipment knows its customers by a user, a MAC, an IP, a comment somebody typed years ago. Each of these is evidence;
some of it proves, some only suggests, and where pieces contradict each other a person decides. Nothing is written here.
"""

from __future__ import annotations

import ipaddress
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from django.utils.translation import gettext as _

from customers.text import fold


class Sureness(StrEnum):
    """How far a match may be trusted, best first."""

    SURE = "sure"  # proven by something that belongs to one service only
    LIKELY = "likely"  # one service fits, and nothing speaks against it
    DOUBTFUL = "doubtful"  # several fit, or the evidence disagrees: a person chooses
    NONE = "none"  # nobody fits


class Evidence(StrEnum):
    """What a match rests on, strongest first."""

    REF = "ref"  # the id that the other system gave
    USER = "user"
    MAC = "mac"
    IP = "ip"
    CODE = "code"  # a service's or customer's code, among other words
    NAME = "name"  # the customer's name, accents and case aside
    WORDS = "words"  # some of the words of the customer's name


# What belongs to one service only, so that it needs no second witness.
_PROOF = frozenset({Evidence.REF, Evidence.USER, Evidence.MAC})
# What must not point elsewhere: a name may be another's, an address may not.
_HARD = frozenset({*_PROOF, Evidence.IP})
_TOKEN = re.compile(r"[\w-]+")
_WORD = re.compile(r"\w+")
_SPACE = re.compile(r"[\s,;|·()]+")
_BETWEEN = re.compile(r"\s+[-·|/–]+\s+|[,;|]")
_FEWEST_WORDS = 2
_SHORTEST_CODE = 3
_MOST_OTHERS = 8


@dataclass(frozen=True)
class Candidate:
    """Something found on the equipment. `key` names it there and is unique. A comment may hold several things."""

    key: str
    name: str = ""
    ip: str = ""
    mac: str = ""
    comment: str = ""
    external_ref: str = ""
    # What else the other system calls it or what it is bound to.
    more_refs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Known:
    """A service as we know it, with everything that equipment may know it by."""

    service_id: int
    customer: str
    codes: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    ips: tuple[str, ...] = ()
    macs: tuple[str, ...] = ()
    external_refs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Match:
    """The service of a candidate, why, and how sure. `others` are the services it might be instead, best first."""

    candidate: Candidate
    service_id: int | None
    evidence: tuple[Evidence, ...]
    sureness: Sureness
    others: tuple[int, ...] = ()
    # Another candidate has as good a claim on the same service.
    is_claimed_twice: bool = False

    @property
    def reason(self) -> str:
        """Why, as a sentence for a person."""
        return describe(self)


def match_candidates(candidates: Iterable[Candidate], services: Iterable[Known]) -> list[Match]:
    """Match each candidate with the service it belongs to; the order is kept.

    A service is given for sure or as likely to one candidate only: when several claim it with equal right, all of
    them are doubtful. The answer does not depend on the order of either.
    """
    index = _Index(services)
    return _settle_claims([_match(candidate, index.evidence_for(candidate)) for candidate in candidates])


def describe(match: Match) -> str:
    """Say what a match rests on."""
    if match.service_id is None:
        return _("No se parece a ningún servicio.")
    words = {
        Evidence.REF: _("el identificador"),
        Evidence.USER: _("el usuario"),
        Evidence.MAC: _("la MAC"),
        Evidence.IP: _("la IP"),
        Evidence.CODE: _("el código"),
        Evidence.NAME: _("el nombre"),
        Evidence.WORDS: _("parte del nombre"),
    }
    said = [one for one in match.evidence if one is not Evidence.WORDS or Evidence.NAME not in match.evidence]
    what = ", ".join(words[one] for one in said)
    if match.is_claimed_twice:
        return _("Coincide %(what)s, pero con otro elemento también.") % {"what": what}
    if match.others:
        return _("Coincide %(what)s, pero también podría ser otro servicio.") % {"what": what}
    return _("Coincide %(what)s.") % {"what": what}


def plain_mac(text: str) -> str:
    """Return a MAC as twelve lower-case digits, however it was written; empty for what is none."""
    digits = re.sub(r"[^0-9a-f]", "", text.casefold())
    return digits if len(digits) == 12 and set(digits) != {"0"} else ""


def plain_ip(text: str) -> str:
    """Return an IP without its prefix length, in its shortest form; empty for what is none."""
    try:
        return str(ipaddress.ip_address(text.partition("/")[0].strip()))
    except ValueError:
        return ""


class _Index:
    """Services by each thing that may tell them, so that ten thousand candidates take ten thousand look-ups."""

    def __init__(self, services: Iterable[Known]) -> None:
        found: dict[Evidence, defaultdict[str, set[int]]] = {kind: defaultdict(set) for kind in Evidence}
        self._words: dict[int, frozenset[str]] = {}
        for service in services:
            for kind, values in _marks(service).items():
                for value in values:
                    if value:
                        found[kind][value].add(service.service_id)
            self._words[service.service_id] = frozenset(_WORD.findall(fold(service.customer)))
            for word in self._words[service.service_id]:
                found[Evidence.WORDS][word].add(service.service_id)
        self._found = found

    def evidence_for(self, candidate: Candidate) -> dict[Evidence, set[int]]:
        parts = (candidate.name, candidate.comment, *_BETWEEN.split(candidate.comment))
        texts = list(dict.fromkeys(text for text in map(fold, parts) if text))
        # People also write addresses down.
        words = [word for word in _SPACE.split(candidate.comment) if any(mark in word for mark in ".:-")]
        asked: dict[Evidence, Iterable[str]] = {
            Evidence.REF: [candidate.external_ref, *candidate.more_refs],
            Evidence.USER: [candidate.name.casefold()],
            Evidence.MAC: map(plain_mac, (candidate.mac, *words)),
            Evidence.IP: map(plain_ip, (candidate.ip, *words)),
            Evidence.CODE: [token for text in texts for token in _TOKEN.findall(text)],
            Evidence.NAME: texts,
        }
        evidence = {
            kind: set().union(*(self._found[kind].get(value, ()) for value in values if value))
            for kind, values in asked.items()
        }
        evidence[Evidence.WORDS] = set().union(*(self._alike(text) for text in texts))
        return {kind: ids for kind, ids in evidence.items() if ids}

    def _alike(self, text: str) -> set[int]:
        """Return services whose customer's name shares all its words with `text`, or the other way about."""
        words = frozenset(_WORD.findall(text))
        lists = sorted(
            (self._found[Evidence.WORDS][word] for word in words if word in self._found[Evidence.WORDS]), key=len
        )
        if len(lists) < _FEWEST_WORDS:
            return set()
        # Whoever shares two words stands in two lists: the longest need not be walked.
        near = set().union(*lists[:-1])
        return {one for one in near if self._is_part(words, self._words[one])}

    @staticmethod
    def _is_part(words: frozenset[str], name: frozenset[str]) -> bool:
        shared = words & name
        return len(shared) >= _FEWEST_WORDS and shared in {words, name}


def _marks(service: Known) -> Mapping[Evidence, Collection[str]]:
    return {
        Evidence.REF: service.external_refs,
        Evidence.USER: [user.casefold() for user in service.users],
        Evidence.MAC: [plain_mac(mac) for mac in service.macs],
        Evidence.IP: [plain_ip(ip) for ip in service.ips],
        Evidence.CODE: [fold(code) for code in service.codes if len(code) >= _SHORTEST_CODE],
        Evidence.NAME: [fold(service.customer)],
    }


def _match(candidate: Candidate, evidence: Mapping[Evidence, set[int]]) -> Match:
    if not evidence:
        return Match(candidate, None, (), Sureness.NONE)
    kinds = list(Evidence)
    everybody = set().union(*evidence.values())
    by_service = {one: tuple(kind for kind in kinds if one in evidence.get(kind, ())) for one in everybody}
    # The strongest single piece first, then how many pieces there are, then the id: the order of input says nothing.
    ranked = sorted(everybody, key=lambda one: (*_rank(by_service[one]), one))
    best, others = ranked[0], ranked[1:]
    sureness = _sureness(by_service[best], [by_service[one] for one in others], evidence)
    if sureness is not Sureness.DOUBTFUL:
        others = []
    return Match(candidate, best, by_service[best], sureness, tuple(others[:_MOST_OTHERS]))


def _rank(kinds: Sequence[Evidence]) -> tuple[int, int]:
    order = list(Evidence)
    return order.index(kinds[0]), -len(kinds)


def _sureness(
    mine: Sequence[Evidence], others: Sequence[Sequence[Evidence]], evidence: Mapping[Evidence, set[int]]
) -> Sureness:
    alone = {kind for kind in mine if len(evidence[kind]) == 1}
    if any(kind in _HARD for kinds in others for kind in kinds) or not alone:
        return Sureness.DOUBTFUL
    if alone & _PROOF:
        return Sureness.SURE
    if Evidence.WORDS in mine and Evidence.NAME not in mine and len(mine) == 1:
        return Sureness.DOUBTFUL
    # An IP or a code is given anew and a name is shared: two of them together are as good as proof.
    witnesses = {Evidence.IP, Evidence.CODE, Evidence.NAME} & set(mine)
    if Evidence.WORDS in mine and Evidence.NAME not in mine:
        witnesses.add(Evidence.WORDS)
    return Sureness.SURE if len(witnesses) > 1 and alone & {Evidence.IP, Evidence.CODE} else Sureness.LIKELY


def _settle_claims(matches: list[Match]) -> list[Match]:
    order = list(Sureness)
    claims: dict[int, list[int]] = defaultdict(list)
    for number, match in enumerate(matches):
        if match.service_id is not None and match.sureness in {Sureness.SURE, Sureness.LIKELY}:
            claims[match.service_id].append(number)
    for numbers in claims.values():
        best = min(order.index(matches[number].sureness) for number in numbers)
        winners = [number for number in numbers if order.index(matches[number].sureness) == best]
        for number in numbers:
            if number not in winners or len(winners) > 1:
                matches[number] = replace(matches[number], sureness=Sureness.DOUBTFUL, is_claimed_twice=True)
    return matches
