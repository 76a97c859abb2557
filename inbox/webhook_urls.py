"""The addresses that WhatsApp servers knew before us; what they do is the doors' own."""

from django.urls import path

from inbox.cloud_hooks import cloud_webhook
from inbox.doors import knock

urlpatterns = [
    path("webhook/whatsapp", knock, {"kind": "twilio_whatsapp"}, name="webhook_whatsapp"),
    path("webhook", cloud_webhook, name="webhook_cloud"),
]
