"""What a refusal of the Bot API means for a message. The descriptions are Telegram's own words, compared in part."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext_lazy

from inbox.channels.base import ChannelError
from inbox.channels.items import Action
from inbox.channels.telegram.wire import TelegramError

TOKEN_WAIT = timedelta(minutes=5)  # before a bot whose token is refused is tried again

# A part of the description, in lower case; what can be done; the sentence.
REFUSALS: tuple[tuple[str, Action, object], ...] = (
    ("blocked by the user", Action.OPT_OUT, gettext_lazy("El cliente bloqueó al bot en Telegram.")),
    ("user is deactivated", Action.OPT_OUT, gettext_lazy("El cliente ya no tiene esa cuenta de Telegram.")),
    (
        "can't initiate conversation",
        Action.STOP,
        gettext_lazy("En Telegram el primer mensaje es del cliente: envíele el enlace del bot."),
    ),
    (
        "chat not found",
        Action.STOP,
        gettext_lazy("Telegram no encuentra ese chat: el cliente tiene que escribir primero al bot."),
    ),
    ("message is too long", Action.STOP, gettext_lazy("El mensaje pasa de 4,096 caracteres.")),
    ("caption is too long", Action.STOP, gettext_lazy("El texto de un archivo admite hasta 1,024 caracteres.")),
    ("message text is empty", Action.STOP, gettext_lazy("El mensaje está vacío.")),
    ("file must be non-empty", Action.STOP, gettext_lazy("El archivo está vacío.")),
    ("button_data_invalid", Action.STOP, gettext_lazy("El dato de un botón es demasiado largo para Telegram.")),
    ("reply markup is too long", Action.STOP, gettext_lazy("Son demasiados botones para Telegram.")),
    ("reaction_invalid", Action.STOP, gettext_lazy("Telegram no admite esa reacción.")),
    ("message to react not found", Action.STOP, gettext_lazy("El mensaje ya no está en Telegram.")),
    ("voice_messages_forbidden", Action.STOP, gettext_lazy("El cliente no recibe notas de voz en Telegram.")),
    ("request entity too large", Action.STOP, gettext_lazy("El archivo pesa más de lo que Telegram admite.")),
    ("file is too big", Action.STOP, gettext_lazy("El archivo pesa más de 20 MB: Telegram no lo entrega a un bot.")),
    ("file_id", Action.STOP, gettext_lazy("Telegram ya no tiene ese archivo.")),
    ("not enough rights", Action.STOP, gettext_lazy("El bot no puede escribir en ese chat.")),
)


def as_channel_error(error: TelegramError, *, sending: bool = True) -> ChannelError:
    """What a failed call means for its message.

    Nothing can be looked up at Telegram and it takes no key of ours: where something was `sending` and the answer was
    lost, it is left to a person. What only asks may be asked again.
    """
    code = str(error.code or "")
    if error.code in {401, 404, 429}:
        # The bot's own fault or its pace: all its messages wait, a refused token until somebody mends it.
        after = timedelta(seconds=max(error.after, 1)) if error.code == 429 else TOKEN_WAIT
        return ChannelError(error.message, permanent=False, code=code, action=Action.RETRY, after=after, slow_down=True)
    if error.doubtful and sending:
        return ChannelError(error.message, permanent=True, doubtful=True, code=code or "no-answer")
    if not error.permanent:
        lost = "no-answer" if error.doubtful else "connect"
        return ChannelError(error.message, permanent=False, code=code or lost, action=Action.RETRY)
    said = error.said.lower()
    for part, action, sentence in REFUSALS:
        if part in said:
            return ChannelError(str(sentence), permanent=True, code=code, action=action)
    return ChannelError(error.message, permanent=True, code=code)
