"""/api/v1/: each app lists its routes in its own api_urls."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("customers.api_urls")),
    path("", include("inbox.api_urls")),
    path("", include("network.api_urls")),
    path("", include("billing.api_urls")),
    path("", include("chatbot.api_urls")),
    path("", include("desk.api_urls")),
]
