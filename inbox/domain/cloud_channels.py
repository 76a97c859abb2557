"""A number at Meta is connected with more than a token: the app's secret, the account's webhooks, our word for Meta."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from events.domain import Actor
from inbox.channels.base import ChannelError
from inbox.channels.cloud_whatsapp.carrier import CloudWhatsApp
from inbox.channels.forms import ChannelValues
from inbox.domain.carriers import carrier_config
from inbox.domain.channels import NOT_REACHED, NotAccepted, add_channel
from inbox.domain.handshakes import route_verify_token
from inbox.models import Channel
from tenants.sealing import SealError


def connect_from_form(
    *, channel: Channel | None, kind: str, name: str, values: ChannelValues, actor: Actor, now: datetime
) -> Channel:
    """Try token, account, number and app secret at Meta, ask for the account's webhooks, then keep it all.

    Raises NotAccepted, NumberTaken; nothing is kept then. No transaction is open while Meta is asked.
    """
    channel = channel or Channel.objects.filter(kind=kind, address=values.address).first()
    config = {**(channel.config if channel else {}), **values.config}
    token, app_secret = (values.secrets.get(n) or _kept(channel, n) for n in ("auth_token", "hook_secret"))
    if not app_secret:
        # One that is kept and cannot be read any more: nothing could be proved, and no webhook be checked.
        raise NotAccepted(_("Escriba de nuevo la clave secreta de la aplicación."), reached=True)
    carrier = CloudWhatsApp(
        account=values.account, secret=token, config=carrier_config(config, kind=kind), app_secret=app_secret
    )
    try:
        shown = carrier.prove()
        carrier.subscribe()
    except ChannelError as error:
        raise NotAccepted(error.message, reached=error.code not in NOT_REACHED) from None
    channel = add_channel(
        kind=kind,
        name=name,
        address=values.address,
        account=values.account,
        auth_token=values.secrets.get("auth_token", ""),
        hook_secret=values.secrets.get("hook_secret", ""),
        shown=shown,
        config=config,
        checked_at=now,
        actor=actor,
    )
    route_verify_token(channel)
    return channel


def _kept(channel: Channel | None, field: str) -> str:
    if channel is None:
        return ""
    try:
        return channel.reveal(field)
    except SealError:
        return ""  # it cannot be read any more: Meta says what is missing
