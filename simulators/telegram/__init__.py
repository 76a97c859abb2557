"""A stand-in for Telegram's Bot API: messages of every kind, buttons, webhooks and polls, as strict as the real one.

People write, press, react, edit and block; their updates wait for their bot and come to its webhook with its secret, or
to whoever polls. It fails on demand (429 with retry_after, 5xx, a blocked bot, broken JSON, slow, hanging, an answer
that is lost after the message was sent) and repeats updates.
"""
