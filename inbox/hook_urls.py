"""The addresses that go into the far side's settings. On a provider's host, or on the platform's for all of them."""

from django.urls import path

from inbox import hooks, telegram_hooks

urlpatterns = [
    path("twilio/", hooks.twilio_message, name="hook_twilio"),
    path("twilio/status/", hooks.twilio_status, name="hook_twilio_status"),
    path("telegram/<uuid:hook>/", telegram_hooks.telegram, name="hook_telegram"),
    path("media/<str:token>/", hooks.media, name="hook_media"),
]
