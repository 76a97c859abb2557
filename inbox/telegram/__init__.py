"""Telegram for the staff: notices with buttons to whoever is on call. The folder its channel will grow in."""
