from inbox.models.channels import Approval, Channel, Template
from inbox.models.conversations import Address, Conversation, Priority
from inbox.models.gestures import ReadMark
from inbox.models.messages import Attachment, Message, Reaction, Revision
from inbox.models.notifications import Notification
from inbox.models.organising import CannedReply, Label, Mention, Policy, Team, View
from inbox.models.telegram import OnCall, TelegramBot, TelegramPost, TelegramPress
from inbox.models.tickets import Ticket, TicketComment

__all__ = [
    "Address",
    "Approval",
    "Attachment",
    "CannedReply",
    "Channel",
    "Conversation",
    "Label",
    "Mention",
    "Message",
    "Notification",
    "OnCall",
    "Policy",
    "Priority",
    "Reaction",
    "ReadMark",
    "Revision",
    "Team",
    "TelegramBot",
    "TelegramPost",
    "TelegramPress",
    "Template",
    "Ticket",
    "TicketComment",
    "View",
]
