"""WhatsApp by Twilio, with the official SDK."""
