"""A provider's pages, API and hooks. Screens compose by URL; each app names its own."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from config import health

urlpatterns = [
    path("health", health.health, name="health"),
    path("", include("desk.urls")),
    path("", include("accounts.urls")),
    path("clientes/", include("customers.urls")),
    path("bandeja/", include("inbox.urls")),
    path("red/", include("network.urls")),
    path("cobranza/", include("billing.urls")),
    path("informes/", include("billing.figures_urls")),
    path("", include("billing.public_urls")),
    path("asistente/", include("chatbot.urls")),
    path("chat/", include("inbox.chat_urls")),
    path("hooks/", include("inbox.hook_urls")),
    path("", include("inbox.webhook_urls")),
    path("hooks/", include("billing.hook_urls")),
    path("api/v1/", include("config.api_urls")),
    path("api/whatsapp/", include("inbox.api_whatsapp_urls")),
    path("", include("chatbot.api_bots_urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="api_schema"),
    path("api/", SpectacularSwaggerSplitView.as_view(url_name="api_schema"), name="api_docs"),
]
