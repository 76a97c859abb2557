from django.urls import re_path

from chatbot import api_bots as api

# A number with more digits than a key has names nothing.
ONE = r"^bots/(?P<bot_id>[0-9]{1,18})/?$"

urlpatterns = [
    re_path(r"^bots/?$", api.Bots.as_view(), name="bots"),
    re_path(ONE, api.OneBot.as_view(), name="bot"),
    re_path(r"^assistants/?$", api.Assistants.as_view(), name="assistants"),
]
