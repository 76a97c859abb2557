"""The staff's Telegram: the bot connected, people linked, notices sent and changed, presses kept.

Rows are the truth: a notice is a row written with its cause, a press a row written before Telegram is answered, and
the lane `telegram` carries them. A notice whose sender died half way is sent again, since Telegram has no key that
would tell: seen twice is better than never, and its buttons act once.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F, Min
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from events.domain import Actor, record
from inbox.channels.telegram.wire import BotApi, Button, TelegramError
from inbox.models import Channel, OnCall, TelegramBot, TelegramPost, TelegramPress
from tenants.current import current_tenant, tenant_origin, tenant_zone
from tenants.models import Route
from tenants.sealing import SealError
from tenants.wakes import wake

__all__ = ["Button", "called_now", "change_posts", "has_posts", "post_to"]

logger = logging.getLogger(__name__)

LANE = "telegram"
LEASE = timedelta(seconds=60)  # longer than a call to Telegram may take
CODE_LASTS = timedelta(minutes=15)
ANSWER_LASTS = timedelta(seconds=60)
ATTEMPTS = 8
BUDGET = 10.0  # seconds; then the other tenants have their turn
State = TelegramPost.State
Rows = Sequence[Sequence[Button]]


TAKEN = gettext_lazy("Ese bot ya está conectado a otro proveedor de esta plataforma. Cree otro con @BotFather.")


class NotConnected(ValueError):
    """The bot cannot be connected, or Telegram be asked (`reached` False); the message is for people."""

    def __init__(self, message: object, *, reached: bool = True) -> None:
        super().__init__(str(message))
        self.reached = reached


def current_telegram() -> TelegramBot | None:
    """Return the provider's bot when one is connected."""
    return TelegramBot.objects.filter(key="main").exclude(token=b"").first()


def connect_bot(*, token: str, actor: Actor, now: datetime) -> TelegramBot:
    """Try a token at Telegram, have updates sent to us, and keep it. Raises NotConnected; nothing is kept then."""
    bot = TelegramBot.objects.filter(key="main").first() or TelegramBot()
    secret, api = secrets.token_urlsafe(32), BotApi(token.strip())
    number = token.strip().partition(":")[0]
    if Channel.objects.filter(kind="telegram", account=number).exists():
        raise NotConnected(_("A ese bot le escriben sus clientes. Cree otro con @BotFather para su personal."))
    reserved = {"provider": "telegram", "account": number, "number": f"telegram:{number}"}
    if Route.objects.filter(**reserved).exclude(tenant=current_tenant()).exists():
        raise NotConnected(TAKEN)
    try:
        username = api.me()
        api.hook(tenant_origin() + reverse("hook_telegram", args=[bot.hook]), secret)
    except TelegramError as error:
        raise NotConnected(error.message, reached=bool(error.code)) from None
    with transaction.atomic():
        # Two providers with one bot would take each other's updates: it is of whoever connected it first.
        route, _made = Route.objects.get_or_create(**reserved, defaults={"tenant": current_tenant()})
        if route.tenant_id != current_tenant().pk:
            raise NotConnected(TAKEN)
        _release(bot, but=number)
        bot.username, bot.error = username[:64], ""
        bot.seal(token=token.strip(), secret=secret)
        bot.save()
        Route.objects.update_or_create(
            provider="telegram", account=str(bot.hook), number=str(bot.hook), defaults={"tenant": current_tenant()}
        )
        record("telegram.connected", subject=bot, actor=actor, at=now, username=bot.username)
    return bot


def _release(bot: TelegramBot, *, but: str) -> None:
    """Give up the bot that was connected before, unless it is the same one."""
    try:
        before = bot.reveal("token").partition(":")[0] if bot.pk else ""
    except SealError:
        before = ""
    if before and before != but:
        Route.objects.filter(provider="telegram", account=before, tenant=current_tenant()).delete()


def is_from_telegram(bot: TelegramBot, secret: str) -> bool:
    """Say whether a call carries the secret that was given to Telegram for this bot."""
    try:
        wanted = bot.reveal("secret")
    except SealError:
        logger.exception("the secret of Telegram bot %s cannot be opened", bot.pk)
        return False
    return bool(wanted) and compare_digest(wanted.encode(), secret.encode())


# --- who is on call -------------------------------------------------------------------------------------------


def on_call_of(user: User) -> OnCall:
    """Return a person's place on call, made when there is none."""
    return OnCall.objects.get_or_create(user=user)[0]


def new_link_code(*, user: User, now: datetime) -> str:
    """Return a code that links the Telegram account that sends it, once and soon. Any earlier code is void."""
    code = secrets.token_urlsafe(24)
    place = on_call_of(user)
    place.code_digest, place.code_until = _digest(code), now + CODE_LASTS
    place.save(update_fields=["code_digest", "code_until"])
    return code


@transaction.atomic
def link_chat(*, code: str, chat_id: int, handle: str, now: datetime) -> OnCall | None:
    """Link the Telegram account that sent a code to the person who was given it; None for a code that is not good."""
    place = (
        OnCall.objects.select_for_update(of=("self",))
        .select_related("user")
        .filter(code_digest=_digest(code), code_until__gt=now, user__is_active=True)
        .first()
    )
    if place is None:
        return None
    # An account belongs to one person: whoever had it is not called there any more.
    OnCall.objects.filter(chat_id=chat_id).exclude(pk=place.pk).update(chat_id=None, is_on=False)
    place.chat_id, place.handle = chat_id, handle[:64]
    place.code_digest, place.code_until, place.is_on = "", None, True
    place.save()
    record("telegram.linked", subject=place.user, actor=Actor.of_user(place.user), at=now, handle=place.handle)
    said = _("Listo, %(name)s: cuando esté de guardia le llegan aquí los comprobantes.") % {"name": place.user.name}
    _queue(place, key=f"linked:{place.pk}:{chat_id}:{int(now.timestamp())}", subject="linked", text=said, now=now)
    return place


def unlink_chat(*, user: User, now: datetime) -> None:
    """Forget a person's Telegram account."""
    changed = OnCall.objects.filter(user=user).update(chat_id=None, handle="", is_on=False, code_digest="")
    if changed:
        record("telegram.unlinked", subject=user, actor=Actor.of_user(user), at=now)


def called_now(*, code: str, now: datetime) -> list[OnCall]:
    """Who is on call at this moment and may do what `code` names; nobody without a bot."""
    if current_telegram() is None:
        return []
    moment = now.astimezone(tenant_zone()).time()
    places = OnCall.objects.select_related("user").filter(is_on=True, chat_id__isnull=False).order_by("id")
    return [place for place in places if place.is_called(moment) and place.user.can(code)]


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


# --- what is sent ----------------------------------------------------------------------------------------------


def post_to(
    *, place: OnCall, key: str, subject: str, text: str, now: datetime, picture: str = "", buttons: Rows = ()
) -> TelegramPost:
    """Put a notice in line, in the transaction of its cause; a `key` that was used returns that notice."""
    return _queue(place, key=key, subject=subject, text=text, now=now, picture=picture, buttons=buttons)


def _queue(
    place: OnCall, *, key: str, subject: str, text: str, now: datetime, picture: str = "", buttons: Rows = ()
) -> TelegramPost:
    values = {"to": place, "subject": subject, "text": text, "picture": picture, "chat_id": place.chat_id}
    values |= {"buttons": _stored(buttons), "next_try_at": now, "created_at": now}
    post, made = TelegramPost.objects.get_or_create(key=key, defaults=values)
    if made:
        wake(LANE)
    return post


def change_posts(*, subject: str, text: str, now: datetime, buttons: Rows = (), only: OnCall | None = None) -> None:
    """Give the notices of a subject another text and other buttons, those of one person or of all."""
    posts = TelegramPost.objects.filter(subject=subject).exclude(state=State.FAILED)
    if only is not None:
        posts = posts.filter(to=only)
    values = {"text": text, "buttons": _stored(buttons), "version": F("version") + 1}
    if posts.update(**values, next_try_at=now, attempts=0):
        wake(LANE)


def has_posts(subject: str) -> bool:
    """Say whether anybody was told of a subject."""
    return TelegramPost.objects.filter(subject=subject).exists()


def _stored(rows: Rows) -> list[list[dict[str, str]]]:
    return [[{"text": b.text, "data": b.data, "url": b.url} for b in row] for row in rows]


def _rows(stored: list[list[dict[str, str]]]) -> list[list[Button]]:
    return [[Button(**button) for button in row] for row in stored]


# --- what is pressed --------------------------------------------------------------------------------------------


def note_press(*, update_id: int, chat_id: int, data: str, callback_id: str, lane: str, now: datetime) -> bool:
    """Keep a press of somebody linked, once however often Telegram tells it, and wake who knows what it means."""
    place = OnCall.objects.filter(chat_id=chat_id).first()
    if place is None:
        return False
    with transaction.atomic():
        values = {"by": place, "data": data[:64], "callback_id": callback_id[:80], "created_at": now}
        _press, made = TelegramPress.objects.get_or_create(update_id=update_id, defaults=values)
        if made:
            wake(lane)
    return made


def answer_press(press: TelegramPress, *, text: str, now: datetime) -> None:
    """Say what came of a press; in the transaction of what was done."""
    press.answer, press.settled_at, press.next_try_at = text[:200], now, now
    press.save(update_fields=["answer", "settled_at", "next_try_at"])
    wake(LANE)


# --- the lane -----------------------------------------------------------------------------------------------------


def drain(*, now: datetime) -> datetime | None:
    """Send, change and answer everything due; return when the lane next has work."""
    bot = current_telegram()
    if bot is None:
        return None
    try:
        api = BotApi(bot.reveal("token"))
    except SealError:
        _note_bot(bot, _("La clave guardada no se puede abrir; escríbala de nuevo."))
        return now + timedelta(minutes=30)
    began = time.monotonic()
    while time.monotonic() - began < BUDGET:
        if not (_answer_one(api, now) or _send_one(bot, api, now)):
            posts: datetime | None = TelegramPost.objects.aggregate(due=Min("next_try_at"))["due"]
            answers: datetime | None = TelegramPress.objects.aggregate(due=Min("next_try_at"))["due"]
            return min((due for due in (posts, answers) if due), default=None)
    return now


def _answer_one(api: BotApi, now: datetime) -> bool:
    with transaction.atomic():
        press = _claim(TelegramPress.objects.filter(next_try_at__lte=now), now)
    if press is None:
        return False
    again: datetime | None = None
    if now - press.created_at < ANSWER_LASTS:
        try:
            api.answer(press.callback_id, press.answer)
        except TelegramError as error:
            again = None if error.permanent else now + timedelta(seconds=max(error.after, 5))
    TelegramPress.objects.filter(pk=press.pk).update(next_try_at=again)
    return True


def _send_one(bot: TelegramBot, api: BotApi, now: datetime) -> bool:
    with transaction.atomic():
        post = _claim(TelegramPost.objects.filter(next_try_at__lte=now), now)
    if post is None:
        return False
    try:
        if post.message_id is None:
            post.message_id = api.send(post.chat_id, post.text, _rows(post.buttons), _picture(post))
        else:
            api.change(post.chat_id, post.message_id, post.text, _rows(post.buttons), has_picture=bool(post.picture))
    except TelegramError as error:
        _note_failure(bot, post, error, now)
    else:
        _note_shown(post, now)
        _note_bot(bot, "")
    return True


def _claim(due: Any, now: datetime) -> Any:
    row = due.select_for_update(skip_locked=True, of=("self",)).order_by("next_try_at", "id").first()
    if row is not None:
        row.attempts += 1
        row.next_try_at = now + LEASE
        row.save(update_fields=["attempts", "next_try_at"])
    return row


def _picture(post: TelegramPost) -> bytes:
    if not post.picture or not default_storage.exists(post.picture):
        return b""
    with default_storage.open(post.picture) as file:
        data: bytes = file.read()
        return data


def _note_shown(post: TelegramPost, now: datetime) -> None:
    """What was sent is what the row said when it was claimed; one that changed meanwhile is shown again at once."""
    row = TelegramPost.objects.filter(pk=post.pk)
    row.update(state=State.SENT, message_id=post.message_id, shown=post.version, error="", attempts=0)
    row.filter(version=post.version).update(next_try_at=None)
    row.exclude(version=post.version).update(next_try_at=now)


def _note_failure(bot: TelegramBot, post: TelegramPost, error: TelegramError, now: datetime) -> None:
    gone = error.permanent or post.attempts >= ATTEMPTS
    wait = timedelta(seconds=error.after) if error.after else timedelta(seconds=5 * 2**post.attempts)
    if error.code in {401, 404}:  # the bot's own fault: its notices wait until somebody mends it
        gone, wait = False, timedelta(minutes=5)
        _note_bot(bot, error.message)
    if error.code == 403:
        OnCall.objects.filter(pk=post.to_id).update(is_on=False)
    state = post.state if not gone or post.message_id else State.FAILED
    values: dict[str, Any] = {"state": state, "error": error.message[:255], "next_try_at": None if gone else now + wait}
    if error.code == 429:
        values["attempts"] = max(post.attempts - 1, 0)  # to be asked to wait is no failure
    TelegramPost.objects.filter(pk=post.pk).update(**values)


def _note_bot(bot: TelegramBot, error: str) -> None:
    if bot.error != error:
        TelegramBot.objects.filter(pk=bot.pk).update(error=error[:255])
        bot.error = error
