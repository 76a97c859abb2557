"""A stand-in for Meta's WhatsApp Cloud API: its Graph endpoints, its signed webhooks, and what customers do.

It speaks over real HTTP, so that the product's own wire code, signature check and media download run unchanged
against it. Start it with ``python -m simulators.whatsapp_cloud --port 8011`` or, in a test, with
``WhatsAppCloudSimulator``.
"""

from simulators.whatsapp_cloud.server import WhatsAppCloudSimulator

__all__ = ["WhatsAppCloudSimulator"]
