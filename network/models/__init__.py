from network.models.accesses import Access
from network.models.commands import Command
from network.models.routers import Router

__all__ = ["Access", "Command", "Router"]
