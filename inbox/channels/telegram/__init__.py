"""Telegram: the Bot API's wire, shared by the customers' channel and by the bot that calls the staff."""
