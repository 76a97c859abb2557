from django.urls import include, path

from chatbot.api import BotView

urlpatterns = [
    path("bot/", BotView.as_view(), name="api_bot"),
    path("", include("chatbot.api_knowledge_urls")),
]
