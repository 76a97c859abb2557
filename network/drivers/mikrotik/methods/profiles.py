"""Profiles of PPP and hotspot users: those of the plans, made when they are missing, and the one of who is cut."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from network.drivers.base import Live, Speed, Step, Wanted
from network.drivers.mikrotik.connection import Row, Sentence
from network.drivers.mikrotik.methods.base import View, refuse
from network.drivers.mikrotik.methods.entries import ENTRIES
from network.drivers.mikrotik.rates import pair_of, parse_rate_limit, plain, rate_limit_text, rate_text
from network.drivers.mikrotik.signing import SHARED, is_marked
from network.drivers.mikrotik.tables import Read

QUEUES = "/queue/simple"
# A profile with the name is there already: somebody else was quicker.
_THERE = ("failure: profile with the same name already exists", "failure: already have")


@dataclass(frozen=True)
class Profiles:
    """A menu of profiles. `copied` is what a new one takes over from the one in use, pools and addresses first."""

    menu: str
    copied: tuple[str, ...]
    has_comment: bool

    def read(self) -> Read:
        """All of them: they are few."""
        names = (".id", "name", "rate-limit", "address-list", *(("comment",) if self.has_comment else ()))
        return Read(self.menu, (*names, *self.copied), optional=not self.has_comment)

    def speed(self, view: View, name: str) -> Speed | None:
        """What a profile lets through; None without a limit, and when it was not read."""
        row = view.tables.first(self.menu, "name", name)
        return parse_rate_limit(row.get("rate-limit", "")) if row else None

    def of_plan(self, view: View, wanted: Wanted, like: str) -> tuple[str, list[Step]]:
        """Return the profile an account is to have while on ("": it is not ours to say) and what makes it so.

        The rate of a profile that a person made is theirs.
        """
        if not wanted.profile and wanted.speed is None:
            return "", []
        name = wanted.profile or name_of(wanted.speed or Speed(0, 0))
        row = view.tables.first(self.menu, "name", name)
        if row is None:
            if wanted.speed is None:
                message = _("El perfil «%(name)s» no existe en el router.") % {"name": name}
                return name, [refuse(wanted, message)]
            return name, self._make(view, wanted, name, {"rate-limit": rate_limit_text(wanted.speed)}, like)
        ours = not wanted.profile or is_marked(row)
        if wanted.speed is None or not ours or parse_rate_limit(row.get("rate-limit", "")) == plain(wanted.speed):
            return name, []
        return name, self._once(
            view, wanted, name, "set", {".id": row[".id"], "rate-limit": rate_limit_text(wanted.speed)}
        )

    def of_cut(self, view: View, wanted: Wanted, like: str) -> tuple[str, list[Step]]:
        """Return the profile of who is cut, and what makes it when it is missing."""
        name = view.setup.cut_profile
        if view.tables.first(self.menu, "name", name) is not None:
            return name, []
        rate = rate_text(view.setup.cut_kbps)
        values = {"rate-limit": f"{rate}/{rate}", "address-list": view.setup.cut_list}
        return name, self._make(view, wanted, name, values, like)

    def _make(self, view: View, wanted: Wanted, name: str, values: dict[str, str], like: str) -> list[Step]:
        base = self._base(view, like)
        copied = {column: base[column] for column in self.copied if base.get(column)}
        comment = {"comment": SHARED} if self.has_comment else {}
        return self._once(view, wanted, name, "add", {"name": name, **copied, **values, **comment})

    def _base(self, view: View, like: str) -> Row:
        wanted = "default" if like in {"", view.setup.cut_profile} else like
        return view.tables.first(self.menu, "name", wanted) or {}

    def _once(self, view: View, wanted: Wanted, name: str, verb: str, values: dict[str, str]) -> list[Step]:
        """One step, however many accounts of this turn need the profile."""
        if (self.menu, name) in view.making:
            return []
        view.making.add((self.menu, name))
        call = Sentence(self.menu, verb, values, account=wanted.key, forgives=_THERE if verb == "add" else ())
        return [Step(wanted.key, "profile", values.get(".id", ""), call)]

    def is_behind(self, view: View, live: Live, queue: str, profile: str) -> bool:
        """Whether a session still runs what another profile gave it: a kick was lost, or never sent.

        A session keeps the rate and the lists it began with. What cannot be told is not behind.
        """
        row = view.tables.first(self.menu, "name", profile)
        if row is None:
            return False
        running = view.tables.first(QUEUES, "name", queue)
        if running is not None and running.get("dynamic") == "true":
            return pair_of(running.get("max-limit", "0/0")) != pair_of((row.get("rate-limit", "") or "0/0").split()[0])
        if profile == view.setup.cut_profile and view.setup.cut_list in row.get("address-list", "").split(","):
            listed = view.tables.where(ENTRIES, "address", live.address)
            return not any(entry["list"] == view.setup.cut_list for entry in listed)
        return False


PPP = Profiles(
    "/ppp/profile",
    (
        *("local-address", "remote-address", "dns-server", "only-one", "change-tcp-mss", "parent-queue"),
        *("queue-type", "interface-list", "remote-ipv6-prefix-pool", "dhcpv6-pd-pool"),
    ),
    has_comment=True,
)
HOTSPOT = Profiles(
    "/ip/hotspot/user/profile",
    ("address-pool", "shared-users", "idle-timeout", "keepalive-timeout", "session-timeout", "add-mac-cookie"),
    has_comment=False,
)


def name_of(speed: Speed) -> str:
    """The name of a profile of our own, told by its speed: one for all who have it."""
    name = f"crm-{rate_text(speed.down)}-{rate_text(speed.up)}"
    if speed.burst_down or speed.burst_up:
        name += f"-b{rate_text(speed.burst_down)}-{rate_text(speed.burst_up)}"
        name += f"-t{rate_text(speed.threshold_down)}-{rate_text(speed.threshold_up)}-{speed.burst_s}s"
    return name
