from django.urls import path

from inbox import live

app_name = "inbox"
urlpatterns = [
    path("en-vivo/", live.live_token, name="live_token"),
]
