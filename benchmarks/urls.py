"""The one measured page."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from accounts.models import ApiKey, User


def five_queries(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 -- a view's signature
    """Ask the database five ordinary questions and answer with one line."""
    people = list(User.objects.order_by("name")[:25])
    first = User.objects.get(email=people[0].email)
    active = User.objects.filter(is_active=True).count()
    anyone = ApiKey.objects.filter(revoked_at=None).exists()
    newest = list(User.objects.filter(pk__gt=first.pk).order_by("-pk")[:10])
    return HttpResponse(f"{len(people)} {active} {anyone} {len(newest)}")


urlpatterns = [path("", five_queries)]
