"""A stand-in for Stripe's API: Checkout Sessions, payment intents, refunds, disputes and signed events."""

from simulators.stripe_api.server import StripeSimulator

__all__ = ["StripeSimulator"]
