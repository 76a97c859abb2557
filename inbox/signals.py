"""The one signal that goes up the stack.

`message_received` is sent inside the transaction that stored an inbound message (kwargs: `message`). The bot
sits above the inbox and answers; the inbox does not know it. A receiver that takes the conversation returns something
true; one that returns nothing has not touched it.
"""

from django.dispatch import Signal

message_received = Signal()
