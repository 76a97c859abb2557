"""Who may hear what live, and when a person stops hearing."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import user_logged_out
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.models import User
from tenants.current import NoTenant
from tenants.live import make_live_token, revoke_live

# topic: the permission it takes. A hint holds only ids; what they show is checked where it is fetched.
TOPICS = {
    "inbox": "inbox.view",
    "presence": "inbox.view",
    "receipts": "billing.view",
    "payments": "billing.view",
    "promises": "billing.view",
    "drawers": "payments.record",
    "tonight": "billing.view",
    "network": "network.view",
}
OPEN_TOPICS = ["work"]


@require_GET
@never_cache
def live_token(request: HttpRequest) -> HttpResponse:
    """Give a signed-in person a token for the topics they may hear; 401 when the session is over."""
    user = request.user
    if not user.is_authenticated:
        return JsonResponse({"error": "signed_out"}, status=401)
    topics = [topic for topic, code in TOPICS.items() if user.can(code)]
    topics += OPEN_TOPICS
    return JsonResponse({"token": make_live_token(user_id=user.pk, topics=topics), "topics": topics})


@receiver(user_logged_out)
def end_on_sign_out(user: User | None = None, **_: Any) -> None:
    """A person signed out: their streams end; their other browsers ask for a new token and go on."""
    if user is not None:
        _revoke(user)


@receiver(post_save, sender=User)
def end_on_change(instance: User, created: bool, update_fields: frozenset[str] | None, **_: Any) -> None:
    """A person's role or state may have changed: their topics are worked out again."""
    if not created and (update_fields is None or update_fields & {"role", "is_active"}):
        _revoke(instance)


def _revoke(user: User) -> None:
    try:
        revoke_live(user_id=user.pk)
    except NoTenant:
        return  # the platform's own staff have no streams
