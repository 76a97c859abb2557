"""The provider's billing policy."""

from __future__ import annotations

from billing.models import BillingPolicy


def current_policy() -> BillingPolicy:
    """The provider's policy; its defaults are written on first use."""
    policy = BillingPolicy.objects.order_by("id").first()
    return policy or BillingPolicy.objects.create()
