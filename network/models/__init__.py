from network.models.accesses import Access
from network.models.commands import Command
from network.models.drifts import Drift
from network.models.routers import AllowedNetwork, PlanProfile, Router

__all__ = ["Access", "AllowedNetwork", "Command", "Drift", "PlanProfile", "Router"]
