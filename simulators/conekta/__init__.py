"""A stand-in for Conekta's API: orders with OXXO, SPEI or a hosted checkout, refunds, and signed notifications."""

from simulators.conekta.server import ConektaSimulator

__all__ = ["ConektaSimulator"]
