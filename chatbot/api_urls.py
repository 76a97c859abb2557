from django.urls import path

from chatbot.api import BotView

urlpatterns = [path("bot/", BotView.as_view(), name="api_bot")]
