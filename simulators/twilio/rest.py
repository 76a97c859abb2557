"""Twilio's REST interface, as far as WhatsApp needs it: Messages, Media, Accounts and Content."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
from collections.abc import AsyncIterator
from datetime import date, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

import requests
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from simulators.clock import reachable
from simulators.twilio.webhooks import Webhooks
from simulators.twilio.world import (
    ERROR_TEXTS,
    REFUSED_AT_ONCE,
    Account,
    Choice,
    Content,
    Media,
    StoredMessage,
    World,
    magic_error,
    new_sid,
    now,
)

PREFIX = "whatsapp:"
PRICED = frozenset({"sent", "delivered", "read"})
MEDIA_LIMIT = 16 * 1024 * 1024  # bytes; WhatsApp's own ceiling


class RefusalError(Exception):
    """An error Twilio answers with at once."""

    def __init__(self, code: int, status: int = 400) -> None:
        super().__init__(code)
        self.code = code
        self.status = status


def refusal_response(_request: Request, refusal: Exception) -> Response:
    """An error in Twilio's JSON form."""
    code, status = getattr(refusal, "code", 20500), getattr(refusal, "status", 500)
    body = {
        "code": code,
        "message": ERROR_TEXTS.get(code, "Error"),
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    return JSONResponse(body, status_code=status)


class Rest:
    """The endpoints, over one world."""

    def __init__(self, world: World, webhooks: Webhooks) -> None:
        self.world = world
        self.webhooks = webhooks

    def routes(self) -> list[Route]:
        """Everything under api.twilio.com and content.twilio.com."""
        base = "/2010-04-01/Accounts/{account}"
        message = base + "/Messages/{sid}"
        return [
            Route(base + ".json", self.show_account),
            Route(base + "/Messages.json", self.messages, methods=["GET", "POST"]),
            Route(message + ".json", self.show_message),
            Route(message + "/Media.json", self.list_media),
            Route(message + "/Media/{media}", self.download_media),
            Route("/cdn/{sid}/{media}", self.cdn),
            Route("/v1/ContentAndApprovals", self.contents_and_approvals),
            Route("/v1/Content", self.contents, methods=["GET", "POST"]),
            Route("/v1/Content/{sid}", self.show_content),
        ]

    def account_for(self, request: Request) -> Account:
        """The account whose Basic credentials came along. Raises RefusalError 401 when they are wrong."""
        scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
        try:
            sid, _, token = base64.b64decode(encoded).decode().partition(":")
        except ValueError:
            raise RefusalError(20003, 401) from None
        account = self.world.accounts.get(sid)
        if scheme.lower() != "basic" or account is None or not hmac.compare_digest(account.token, token):
            raise RefusalError(20003, 401)
        if request.path_params.get("account", sid) != sid:
            raise RefusalError(20404, 404)
        return account

    async def show_account(self, request: Request) -> Response:
        """GET the account: what a credential check reads."""
        account = self.account_for(request)
        return JSONResponse({"sid": account.sid, "friendly_name": account.name, "status": "active"})

    async def messages(self, request: Request) -> Response:
        """POST sends, GET lists."""
        faults = self.world.faults
        if faults.latency_ms:
            await asyncio.sleep(faults.latency_ms / 1000)
        account = self.account_for(request)
        if request.method == "GET":
            return JSONResponse(self._listing(account, request))
        if faults.take("rate_limit_next"):
            raise RefusalError(20429, 429)
        if faults.take("fail_next"):
            raise RefusalError(20500, 500)
        if faults.take("hang_before_accept_next"):
            await asyncio.sleep(faults.hang_seconds)
            raise RefusalError(20500, 500)
        form = parse_qsl((await request.body()).decode(), keep_blank_values=True)
        stored, error = await run_in_threadpool(self._accept, account, form)
        self.webhooks.walk_states(account, stored, error)
        if faults.take("drop_after_accept_next"):
            return _cut_off()
        return JSONResponse(self._resource(stored), status_code=201)

    def _accept(self, account: Account, form: list[tuple[str, str]]) -> tuple[StoredMessage, int | None]:
        """Check a send and store it. Returns the message and the error it will end with, if any."""
        fields = dict(form)
        recipient, sender = fields.get("To", ""), fields.get("From", "")
        if not recipient:
            raise RefusalError(21604)
        if not sender and "MessagingServiceSid" in fields and account.numbers:
            sender = PREFIX + account.numbers[0]
        if not sender.startswith(PREFIX) or sender.removeprefix(PREFIX) not in account.numbers:
            raise RefusalError(63007)
        customer = recipient.removeprefix(PREFIX)
        if not recipient.startswith(PREFIX) or REFUSED_AT_ONCE.get(customer) == 21211:
            raise RefusalError(21211)
        if customer in REFUSED_AT_ONCE:
            raise RefusalError(REFUSED_AT_ONCE[customer])
        body, content_sid = fields.get("Body", ""), fields.get("ContentSid", "")
        media_urls = [value for name, value in form if name == "MediaUrl"]
        error, choices = magic_error(customer), list[Choice]()
        if content_sid:
            body, choices = self._render(account, content_sid, fields.get("ContentVariables", ""))
            media_urls = []
        elif not body and not media_urls:
            raise RefusalError(21602)
        number = sender.removeprefix(PREFIX)
        if error is None and not content_sid and not self.world.window_open(number, customer):
            error = 63016
        media = [m for m in map(fetch_media, media_urls) if m is not None]
        if error is None and len(media) < len(media_urls):
            error = 63019
        stored = StoredMessage(
            sid=new_sid("MM" if media else "SM"),
            account_sid=account.sid,
            number=number,
            customer=customer,
            inbound=False,
            body=body,
            status="queued",
            created=now(),
            media=media,
            status_callback=fields.get("StatusCallback", ""),
            content_sid=content_sid,
            choices=choices,
        )
        self.world.store(stored)
        return stored, error

    def _render(self, account: Account, content_sid: str, raw: str) -> tuple[str, list[Choice]]:
        content = account.contents.get(content_sid)
        if content is None:
            raise RefusalError(21655)
        try:
            variables = json.loads(raw or "{}")
        except ValueError:
            raise RefusalError(21656) from None
        if not isinstance(variables, dict):
            raise RefusalError(21656)
        return content.render(variables), content.choices(variables)

    def _listing(self, account: Account, request: Request) -> dict[str, Any]:
        query = request.query_params
        size = min(int(query.get("PageSize", 50)), 1000)
        page = int(query.get("Page", 0))
        with self.world.lock:
            found = [m for m in reversed(self.world.messages) if m.account_sid == account.sid]
        found = [m for m in found if _wanted(m, dict(query))]
        chosen = found[page * size : (page + 1) * size]
        path = request.url.path
        rest = {k: v for k, v in query.items() if k not in {"Page", "PageSize"}}
        following = (page + 1) * size < len(found)
        link = f"{path}?{urlencode({**rest, 'PageSize': size, 'Page': page + 1})}" if following else None
        return {
            "messages": [self._resource(m) for m in chosen],
            "page": page,
            "page_size": size,
            "start": page * size,
            "end": page * size + max(len(chosen) - 1, 0),
            "uri": f"{path}?{query}",
            "first_page_uri": f"{path}?{urlencode({**rest, 'PageSize': size, 'Page': 0})}",
            "next_page_uri": link,
            "previous_page_uri": None,
        }

    def _resource(self, message: StoredMessage) -> dict[str, Any]:
        base = f"/2010-04-01/Accounts/{message.account_sid}/Messages/{message.sid}"
        ours, theirs = PREFIX + message.number, PREFIX + message.customer
        created = format_datetime(message.created)
        return {
            "sid": message.sid,
            "account_sid": message.account_sid,
            "messaging_service_sid": None,
            "from": theirs if message.inbound else ours,
            "to": ours if message.inbound else theirs,
            "body": message.body,
            "status": message.status,
            "direction": "inbound" if message.inbound else "outbound-api",
            "num_media": str(len(message.media)),
            "num_segments": "1",
            "error_code": message.error_code,
            "error_message": ERROR_TEXTS.get(message.error_code) if message.error_code else None,
            # Reckoned once the message has gone; taken from the account, so below zero.
            "price": "-0.00500" if not message.inbound and message.status in PRICED else None,
            "price_unit": "USD",
            "api_version": "2010-04-01",
            "date_created": created,
            "date_updated": created,
            "date_sent": created,
            "uri": base + ".json",
            "subresource_uris": {"media": base + "/Media.json"},
        }

    def _owned(self, request: Request) -> StoredMessage:
        account = self.account_for(request)
        message = self.world.by_sid.get(request.path_params["sid"])
        if message is None or message.account_sid != account.sid:
            raise RefusalError(20404, 404)
        return message

    async def show_message(self, request: Request) -> Response:
        """GET one message."""
        return JSONResponse(self._resource(self._owned(request)))

    async def list_media(self, request: Request) -> Response:
        """GET the media of a message."""
        message = self._owned(request)
        rows = [{"sid": m.sid, "content_type": m.content_type} for m in message.media]
        return JSONResponse({"media_list": rows, "page": 0, "page_size": 50, "next_page_uri": None})

    async def download_media(self, request: Request) -> Response:
        """GET the bytes; Basic authentication is enforced, and a redirect to another host may come first."""
        message = self._owned(request)
        if self.world.faults.take("fail_media_next"):
            raise RefusalError(20500, 500)
        sid = request.path_params["media"]
        if self.world.faults.redirect_media:
            return RedirectResponse(f"/cdn/{message.sid}/{sid}", status_code=307)
        return _bytes_of(message, sid)

    async def cdn(self, request: Request) -> Response:
        """The place a media URL redirects to; credentials have no business here."""
        if "authorization" in request.headers:
            return Response("Credentials sent to the CDN", status_code=400)
        message = self.world.by_sid.get(request.path_params["sid"])
        if message is None:
            raise RefusalError(20404, 404)
        return _bytes_of(message, request.path_params["media"])

    async def contents(self, request: Request) -> Response:
        """POST makes a template (approved at once), GET lists them."""
        account = self.account_for(request)
        if request.method == "POST":
            data = await request.json()
            made = Content.read({**data, "sid": new_sid("HX")})
            account.contents[made.sid] = made
            return JSONResponse(_content_resource(account, made), status_code=201)
        rows = [_content_resource(account, c) for c in account.contents.values()]
        return JSONResponse({"contents": rows, "meta": {"key": "contents", "next_page_url": None}})

    async def contents_and_approvals(self, request: Request) -> Response:
        """GET the templates with what WhatsApp thinks of each, a page at a time."""
        account, query = self.account_for(request), request.query_params
        size, page = min(int(query.get("PageSize", 50)), 500), int(query.get("Page", 0))
        rows = [_content_resource(account, c) | {"approval_requests": _approval(c)} for c in account.contents.values()]
        more = (page + 1) * size < len(rows)
        following = f"https://content.twilio.com{request.url.path}?PageSize={size}&Page={page + 1}" if more else None
        meta = {"key": "contents", "page": page, "page_size": size, "next_page_url": following}
        return JSONResponse({"contents": rows[page * size : (page + 1) * size], "meta": meta})

    async def show_content(self, request: Request) -> Response:
        """GET one template."""
        account = self.account_for(request)
        content = account.contents.get(request.path_params["sid"])
        if content is None:
            raise RefusalError(20404, 404)
        return JSONResponse(_content_resource(account, content))


def _approval(content: Content) -> dict[str, Any]:
    return {
        "name": content.friendly_name,
        "category": content.category,
        "content_type": next(iter(content.types), "twilio/text"),
        "status": content.status,
        "rejection_reason": content.reason,
        "allow_category_change": True,
    }


def fetch_media(url: str) -> Media | None:
    """Download what the product wants to send; None when it cannot be had or is too large."""
    target, headers = reachable(url)
    try:
        answer = requests.get(target, headers=headers, timeout=(5, 10))
    except requests.RequestException:
        return None
    if answer.status_code != 200 or len(answer.content) > MEDIA_LIMIT:
        return None
    kind = answer.headers.get("Content-Type", "application/octet-stream").partition(";")[0]
    return Media(new_sid("ME"), kind, answer.content)


def _wanted(message: StoredMessage, query: dict[str, str]) -> bool:
    ours, theirs = PREFIX + message.number, PREFIX + message.customer
    sender, recipient = (theirs, ours) if message.inbound else (ours, theirs)
    if query.get("To", recipient) != recipient or query.get("From", sender) != sender:
        return False
    if "DateSent>" in query and message.created < _moment(query["DateSent>"], message.created):
        return False
    return not ("DateSent<" in query and message.created > _moment(query["DateSent<"], message.created))


def _moment(raw: str, like: datetime) -> datetime:
    try:
        moment = datetime.fromisoformat(raw)
    except ValueError:
        moment = datetime.combine(date.fromisoformat(raw[:10]), datetime.min.time())
    return moment if moment.tzinfo else moment.replace(tzinfo=like.tzinfo)


def _bytes_of(message: StoredMessage, media_sid: str) -> Response:
    media = next((m for m in message.media if m.sid == media_sid.removesuffix(".json")), None)
    if media is None:
        raise RefusalError(20404, 404)
    return Response(media.data, media_type=media.content_type)


def _cut_off() -> Response:
    """An answer that breaks off: the length promises more than comes, so the connection ends in an error."""

    async def half() -> AsyncIterator[bytes]:
        yield b'{"sid": "'

    return StreamingResponse(half(), status_code=201, headers={"Content-Length": "4000"})


def _content_resource(account: Account, content: Content) -> dict[str, Any]:
    return {
        "sid": content.sid,
        "account_sid": account.sid,
        "friendly_name": content.friendly_name,
        "language": content.language,
        "variables": {},
        "types": content.types or {"twilio/text": {"body": content.body}},
        "url": f"https://content.twilio.com/v1/Content/{content.sid}",
        "links": {},
    }
