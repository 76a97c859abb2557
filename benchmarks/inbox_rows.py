"""An inbox of some years: conversations and their lines, written by a few statements."""

from __future__ import annotations

from django.db import connection

from events.domain import Actor
from inbox.domain.channels import add_channel
from inbox.models import Channel

# One in twenty is going on; of these some wait, some past their target, some are put off.
CONVERSATIONS = """
INSERT INTO inbox_conversation
       (channel_id, address, phone, contact_name, status, priority, bot_active, seq, unread, last_message_at,
        last_message_text, last_inbound_at, waiting_since, snoozed_until, answer_due_at, opened_at, created_at)
SELECT %(channel)s, 'whatsapp:+52444' || lpad(n::text, 7, '0'), '+52444' || lpad(n::text, 7, '0'),
       (ARRAY['Ana','Beto','Carla','Darío','Elena','Fermín','Gloria','Héctor'])[1 + n %% 8] || ' '
       || (ARRAY['Muñoz','Pérez','Quispe','Rojas','Salas','Torres','Uribe'])[1 + n %% 7] || ' ' || n,
       CASE WHEN n %% 20 > 0 THEN 'resolved' WHEN n %% 100 = 0 THEN 'snoozed' WHEN n %% 60 = 0 THEN 'pending'
            ELSE 'open' END,
       2, n %% 60 = 0, %(lines)s, 0, now() - n * interval '1 minute', 'gracias, quedo pendiente ' || n,
       now() - n * interval '1 minute',
       CASE WHEN n %% 40 = 20 THEN now() - n * interval '1 minute' END,
       CASE WHEN n %% 100 = 0 THEN now() + interval '1 day' END,
       CASE WHEN n %% 40 = 20 THEN now() + (n %% 400 - 20) * interval '1 minute' END,
       now() - n * interval '1 minute', now() - n * interval '1 minute'
  FROM generate_series(1, %(talks)s) n
"""
ADDRESSES = """
INSERT INTO inbox_address (channel_id, value, conversation_id, created_at)
SELECT channel_id, address, id, created_at FROM inbox_conversation
"""
# Words as customers use them: some in most lines, some in one of thousands.
MESSAGES = """
INSERT INTO inbox_message
       (uuid, conversation_id, channel_id, seq, direction, body, author_kind, author_label, status, external_id,
        variables, past_external_ids, as_template, error_code, error_text, attempts, looks, created_at, updated_at)
SELECT gen_random_uuid(), c.id, c.channel_id, s, CASE WHEN s %% 2 = 1 THEN 'in' ELSE 'out' END,
       (ARRAY['buenas tardes no tengo internet desde ayer','ya hice el pago en la tienda','me pasan mi saldo por favor',
              'el módem prende una luz roja','gracias por avisar','cuándo viene el técnico a mi casa',
              'quiero cambiar de plan','a qué hora abren mañana'])[1 + (c.id * 7 + s * 3) %% 8]
       || ' folio' || (c.id * 11 + s) %% 90000,
       'contact', 'Cliente', CASE WHEN s %% 2 = 1 THEN 'received' ELSE 'sent' END, '', '{}', '[]', false, '', '', 0, 0,
       c.last_message_at - (%(lines)s - s) * interval '1 minute', now()
  FROM inbox_conversation c, generate_series(1, %(lines)s) s
 ORDER BY c.last_message_at
"""
LABELS = """
INSERT INTO inbox_label (name, tone) VALUES ('Falla', 'cut'), ('Pago', 'active');
INSERT INTO inbox_conversation_labels (conversation_id, label_id)
SELECT c.id, l.id FROM inbox_conversation c, inbox_label l WHERE c.id %% 3 = 0 AND l.name = 'Falla'
"""
TABLES = ("inbox_conversation", "inbox_address", "inbox_message", "inbox_conversation_labels", "inbox_label")


def make_inbox(*, talks: int, lines: int) -> Channel:
    """Write `talks` conversations of `lines` lines each in the current tenant, and count them for the planner."""
    channel = add_channel(
        kind="twilio_whatsapp",
        name="WhatsApp",
        address="whatsapp:+524440000001",
        account="AC" + "1" * 32,
        auth_token="clave-de-prueba",  # noqa: S106 -- nobody's
        actor=Actor.system("Medición"),
    )
    values = {"channel": channel.pk, "talks": talks, "lines": lines}
    with connection.cursor() as cursor:
        for statement in (CONVERSATIONS, ADDRESSES, MESSAGES, LABELS):
            cursor.execute(statement, values)
        for table in TABLES:
            cursor.execute(f"VACUUM ANALYZE {table}")
    return channel
