"""/queue: simple queues, the tree and the kinds of queue (PCQ)."""

from __future__ import annotations

from simulators.routeros import kinds
from simulators.routeros.specs import Ref, Row, Spec, columns
from simulators.routeros.traps import Trap
from simulators.routeros.versions import Version

_SIMPLE_COUNTERS = (
    "bytes packets rate packet-rate dropped queued-bytes queued-packets "
    "total-bytes total-packets total-rate total-packet-rate total-dropped total-queued-bytes total-queued-packets"
)


def specs(version: Version) -> list[Spec]:
    """The menus of /queue."""
    return [_types(version), _simple(version), _tree(version)]


def _types(version: Version) -> Spec:
    rate = kinds.rate(short=version < (7, 0))
    return Spec(
        path="/queue/type",
        key=("name",),
        columns=columns(
            "name kind pfifo-limit bfifo-limit sfq-perturb sfq-allot red-limit mq-pfifo-limit pcq-rate pcq-limit "
            "pcq-classifier pcq-total-limit pcq-burst-rate pcq-burst-threshold pcq-burst-time pcq-src-address-mask "
            "pcq-dst-address-mask pcq-src-address6-mask pcq-dst-address6-mask"
            + (" cake-flowmode cake-bandwidth fq-codel-limit" if version >= (7, 1) else "")
        ),
        read_only=columns("default"),
        defaults={"default": "false"},
        booleans=columns("default"),
        choices={
            "kind": columns("pfifo bfifo sfq red pcq none mq-pfifo")
            | (columns("codel fq-codel cake") if version >= (7, 1) else frozenset())
        },
        kinds={"pcq-rate": rate, "pcq-burst-rate": rate, "pcq-classifier": kinds.comma_list},
        required=("name", "kind"),
        clash="failure: already have such name",
    )


def _simple(version: Version) -> Spec:
    rates = kinds.pair(kinds.rate(short=version < (7, 0)))
    return Spec(
        path="/queue/simple",
        key=("name",),
        quick=columns("target comment"),
        columns=columns(
            "name target dst dst-address parent packet-marks priority queue limit-at max-limit burst-limit "
            "burst-threshold burst-time bucket-size time comment disabled total-queue total-limit-at "
            "total-max-limit total-priority"
        ),
        read_only=columns(f"invalid dynamic {_SIMPLE_COUNTERS}"),
        defaults={
            "parent": "none",
            "packet-marks": "",
            "priority": "8/8",
            "queue": "default-small/default-small",
            "limit-at": "0/0",
            "max-limit": "0/0",
            "burst-limit": "0/0",
            "burst-threshold": "0/0",
            "burst-time": "0s/0s",
            "bucket-size": "0.1/0.1",
            "bytes": "0/0",
            "packets": "0/0",
            "rate": "0/0",
            "packet-rate": "0/0",
            "dropped": "0/0",
            "queued-bytes": "0/0",
            "queued-packets": "0/0",
            "total-bytes": "0",
            "total-packets": "0",
            "total-rate": "0",
            "invalid": "false",
            "dynamic": "false",
            "disabled": "false",
        },
        booleans=columns("invalid dynamic disabled"),
        kinds={
            "target": kinds.target,
            "priority": kinds.pair(kinds.integer(1, 8)),
            "limit-at": rates,
            "max-limit": rates,
            "burst-limit": rates,
            "burst-threshold": rates,
            "burst-time": kinds.pair(kinds.duration),
        },
        required=("name",),
        references={"parent": Ref("/queue/simple", also=frozenset({"none"}))},
        check=_limits_fit,
        clash="failure: already have such name",
        ordered=True,
    )


def _limits_fit(row: Row) -> None:
    """A burst or a guaranteed rate makes sense against the maximum only."""
    for most, less, message in (
        ("max-limit", "limit-at", "failure: max-limit less than limit-at"),
        ("burst-limit", "max-limit", "failure: burst-limit less than max-limit"),
    ):
        for high, low in zip(row[most].split("/"), row[less].split("/"), strict=False):
            if kinds.bits_of(high) and kinds.bits_of(high) < kinds.bits_of(low):
                raise Trap(message)


def _tree(version: Version) -> Spec:
    rate = kinds.rate(short=version < (7, 0))
    return Spec(
        path="/queue/tree",
        key=("name",),
        columns=columns(
            "name parent packet-mark limit-at queue priority max-limit burst-limit burst-threshold burst-time "
            "bucket-size comment disabled"
        ),
        read_only=columns("invalid bytes packets rate packet-rate dropped queued-bytes queued-packets"),
        defaults={
            "packet-mark": "",
            "limit-at": "0",
            "queue": "default-small",
            "priority": "8",
            "max-limit": "0",
            "burst-limit": "0",
            "burst-threshold": "0",
            "burst-time": "0s",
            "bucket-size": "0.1",
            "bytes": "0",
            "packets": "0",
            "invalid": "false",
            "disabled": "false",
        },
        booleans=columns("invalid disabled"),
        kinds={
            "limit-at": rate,
            "max-limit": rate,
            "burst-limit": rate,
            "burst-threshold": rate,
            "priority": kinds.integer(1, 8),
            "burst-time": kinds.duration,
        },
        required=("name", "parent"),
        references={"queue": Ref("/queue/type"), "parent": Ref("/queue/tree|/interface", also=frozenset({"global"}))},
        clash="failure: already have such name",
    )
