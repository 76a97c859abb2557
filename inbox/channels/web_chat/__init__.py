"""The chat on the provider's own web page."""
