"""A stand-in for UISP: its network side (NMS v2.1) and its CRM (v1.0), with what suspending does at the gateway."""

from simulators.uisp.server import UispSimulator

__all__ = ["UispSimulator"]
