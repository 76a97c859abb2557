"""A stand-in for Telegram's Bot API: messages, pictures, buttons and webhooks, as strict as the real one is.

It keeps what every chat shows, calls the webhook with its secret when a person writes or presses, and fails on demand
(429 with retry_after, 500, a blocked bot, broken JSON, slow, an answer that is lost after the message was sent).
"""
