from inbox.models.channels import Channel, Template
from inbox.models.conversations import Conversation
from inbox.models.messages import Attachment, Message

__all__ = ["Attachment", "Channel", "Conversation", "Message", "Template"]
