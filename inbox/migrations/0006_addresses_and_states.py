"""What conversations said before: their states in the new words, and the one address each had."""

from __future__ import annotations

from typing import Any

from django.db import migrations


def carry_over(apps: Any, _schema: Any) -> None:
    """Pending is what the bot has; waiting was open with somebody waiting; closed is resolved."""
    conversations = apps.get_model("inbox", "Conversation").objects
    conversations.filter(status="open", bot_active=True).update(status="pending")
    conversations.filter(status="waiting").update(status="open")
    conversations.filter(status="closed").update(status="resolved")
    addresses = apps.get_model("inbox", "Address").objects
    rows = conversations.values_list("pk", "channel_id", "address", "created_at").iterator(chunk_size=2000)
    made = [
        addresses.model(conversation_id=pk, channel_id=channel, value=value, created_at=at)
        for pk, channel, value, at in rows
    ]
    addresses.bulk_create(made, batch_size=2000, ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [("inbox", "0005_conversations_whole")]

    operations = [migrations.RunPython(carry_over, migrations.RunPython.noop, elidable=True)]
