"""The addresses that go into the far side's settings. On a provider's host, or on the platform's for all of them."""

from django.urls import path

from inbox import hooks, telegram_hooks
from inbox.cloud_hooks import cloud_webhook
from inbox.doors import DOORS, knock

TWILIO = {"kind": "twilio_whatsapp"}

urlpatterns = [
    path("twilio/", knock, TWILIO, name="hook_twilio"),
    path("twilio/status/", knock, TWILIO, name="hook_twilio_status"),
    path("telegram/<uuid:hook>/", telegram_hooks.telegram, name="hook_telegram"),
    path("media/<str:token>/", hooks.media, name="hook_media"),
    path("cloud_whatsapp/", cloud_webhook, name="hook_cloud"),
    *[path(f"{kind}/", knock, {"kind": kind}, name=f"door_{kind}") for kind in DOORS],
    *[path(f"{kind}/<uuid:hook>/", knock, {"kind": kind}, name=f"door_{kind}_of") for kind in DOORS],
]
