"""Stripe: Checkout Sessions, its webhooks, its refunds."""
