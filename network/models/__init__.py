from network.models.accesses import Access
from network.models.chores import Chore
from network.models.commands import Command
from network.models.drifts import Drift
from network.models.firewalls import Firewall
from network.models.outages import Outage
from network.models.routers import AllowedNetwork, PlanProfile, Router
from network.models.takeovers import TakenRow, Takeover

__all__ = [
    "Access",
    "AllowedNetwork",
    "Chore",
    "Command",
    "Drift",
    "Firewall",
    "Outage",
    "PlanProfile",
    "Router",
    "TakenRow",
    "Takeover",
]
