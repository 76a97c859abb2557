from inbox.models.channels import Channel, Template
from inbox.models.conversations import Conversation
from inbox.models.messages import Attachment, Message
from inbox.models.telegram import OnCall, TelegramBot, TelegramPost, TelegramPress

__all__ = [
    "Attachment",
    "Channel",
    "Conversation",
    "Message",
    "OnCall",
    "TelegramBot",
    "TelegramPost",
    "TelegramPress",
    "Template",
]
