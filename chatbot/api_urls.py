from django.urls import include, path

from chatbot.api import BotView
from chatbot.api_bots import Assistants, Bots, OneBot

# The bots are described once, at the address programs already call.
urlpatterns = [
    path("bot/", BotView.as_view(), name="api_bot"),
    path("bots/", Bots.as_view(schema=None), name="api_bots"),
    path("bots/<int:bot_id>/", OneBot.as_view(schema=None), name="api_one_bot"),
    path("assistants/", Assistants.as_view(schema=None), name="api_assistants"),
    path("", include("chatbot.api_knowledge_urls")),
    path("bot/", include("chatbot.api_quality_urls")),
]
