"""A stand-in for Twilio's WhatsApp: its REST interface, its webhooks and a phone to chat as the customer.

It speaks over real HTTP, so that the product's own wire code (the official SDK, the signature check, the
media download) runs unchanged against it. Start it with ``python -m simulators.twilio --port 8010`` or, in a
test, with ``TwilioSimulator``.
"""

from simulators.twilio.server import TwilioSimulator

__all__ = ["TwilioSimulator"]
