"""WhatsApp by Meta's Cloud API, without anybody between."""
