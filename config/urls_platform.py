"""The platform's own host: its staff's console, and hooks that find their tenant by route."""

from django.urls import include, path

from config import certificates, health

urlpatterns = [
    path("health", health.health, name="health"),
    path("certificates/allowed", certificates.allowed, name="certificate_allowed"),
    path("", include("accounts.urls")),
    path("hooks/", include("inbox.hook_urls")),
    path("", include("inbox.webhook_urls")),
    path("hooks/", include("billing.hook_urls")),
    path("", include("console.urls")),
]
