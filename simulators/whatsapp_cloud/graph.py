"""The Graph API as far as WhatsApp needs it: messages, media, numbers, templates and where webhooks go."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from simulators.whatsapp_cloud.sending import RefusalError, accept
from simulators.whatsapp_cloud.webhooks import Webhooks
from simulators.whatsapp_cloud.world import ERRORS, Business, Media, Phone, StoredMessage, World


def refusal_response(_request: Request, refusal: Exception) -> Response:
    """An error in Graph's JSON form."""
    code = getattr(refusal, "code", 1)
    title = ERRORS.get(code, (400, "Error", ""))[1]
    error: dict[str, Any] = {
        "message": f"(#{code}) {title}",
        "type": "OAuthException",
        "code": code,
        "error_data": {"messaging_product": "whatsapp", "details": getattr(refusal, "details", "")},
        "fbtrace_id": "A1b2C3d4E5f6",
    }
    if getattr(refusal, "subcode", 0):
        error["error_subcode"] = getattr(refusal, "subcode", 0)
    return JSONResponse({"error": error}, status_code=getattr(refusal, "status", 500))


class Reset(Response):
    """No answer: the connection is reset."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Break it off, and wait until the server has seen that."""
        scope["hang_up"]()
        await asyncio.sleep(0.01)


class Graph:
    """The endpoints, over one world."""

    def __init__(self, world: World, webhooks: Webhooks, base: Any) -> None:
        self.world = world
        self.webhooks = webhooks
        self.base = base

    def routes(self) -> list[Route]:
        """Everything under graph.facebook.com, and where files are downloaded."""
        return [
            Route("/whatsapp_business/attachments/", self.download),
            Route("/{version}/{id}/messages", self.messages, methods=["POST"]),
            Route("/{version}/{id}/media", self.upload, methods=["POST"]),
            Route("/{version}/{id}/message_templates", self.templates),
            Route("/{version}/{id}/phone_numbers", self.phone_numbers),
            Route("/{version}/{id}/subscribed_apps", self.subscribed_apps, methods=["GET", "POST"]),
            Route("/{version}/{id}", self.node, methods=["GET", "DELETE"]),
        ]

    def business_for(self, request: Request) -> Business:
        """The business whose token came along. Raises RefusalError 190 for a wrong or expired one."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        named = [b for b in self.world.businesses.values() if hmac.compare_digest(b.token.encode(), token.encode())]
        if scheme.lower() != "bearer" or not named or self.world.faults.token_expired:
            raise RefusalError(190, subcode=463)
        business = named[0]
        proof = request.query_params.get("appsecret_proof")
        right = hmac.new(business.app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()
        if proof is None and self.world.faults.proof_required:
            raise RefusalError(100, "API calls from the server require an appsecret_proof argument")
        if proof is not None and proof != right:
            raise RefusalError(100, "Invalid appsecret_proof provided in the API argument")
        return business

    def phone_for(self, request: Request) -> tuple[Business, Phone]:
        """The number in the path, when the token may use it. Raises RefusalError."""
        business = self.business_for(request)
        phone = business.phones.get(request.path_params["id"])
        if phone is None:
            raise RefusalError(100, "Object does not exist or missing permissions", subcode=33)
        return business, phone

    def _own_account(self, request: Request) -> Business:
        business = self.business_for(request)
        if request.path_params["id"] != business.waba_id:
            raise RefusalError(100, "Object does not exist or missing permissions", subcode=33)
        return business

    async def messages(self, request: Request) -> Response:
        """POST sends, or marks as read and shows that somebody types."""
        faults = self.world.faults
        self.world.calls.append(("POST", "messages"))
        if faults.latency_ms:
            await asyncio.sleep(faults.latency_ms / 1000)
        business, phone = self.phone_for(request)
        data = await _json(request)
        if data.get("status") == "read":
            return JSONResponse(self._read(phone, data))
        for name, code in (("rate_limit_next", 130429), ("pair_limit_next", 131056), ("fail_next", 131000)):
            if faults.take(name):
                raise RefusalError(code)
        if faults.take("junk_next"):
            return HTMLResponse("<html><body>Sorry, something went wrong.</body></html>")
        if faults.take("hang_before_accept_next"):
            await asyncio.sleep(faults.hang_seconds)
            raise RefusalError(131000)
        stored, error = await run_in_threadpool(accept, self.world, business, phone.id, data)
        self.webhooks.walk_states(business, stored, error)
        return await self._answer(stored, data)

    async def _answer(self, stored: StoredMessage, data: dict[str, Any]) -> Response:
        faults = self.world.faults
        if faults.take("drop_after_accept_next"):
            return Reset()
        if faults.take("cut_after_accept_next"):
            return _cut_off()
        if faults.take("hang_after_accept_next"):
            await asyncio.sleep(faults.hang_seconds)
        if faults.take("fail_after_accept_next"):
            raise RefusalError(131000)
        person = stored.person
        who = {"wa_id": person.wa_id} if person.wa_id else {"user_id": person.user_id}
        contact = {"input": data.get("to") or data.get("recipient"), **who}
        body = {"messaging_product": "whatsapp", "contacts": [contact], "messages": [{"id": stored.id}]}
        return JSONResponse(body)

    def _read(self, phone: Phone, data: dict[str, Any]) -> dict[str, bool]:
        found = self.world.by_id.get(str(data.get("message_id")))
        if found is None or not found.inbound or found.phone_id != phone.id:
            raise RefusalError(100, "message_id")
        with self.world.lock:
            found.read_by_business = True
            found.typing = bool(data.get("typing_indicator"))
        return {"success": True}

    async def upload(self, request: Request) -> Response:
        """POST a file as multipart; it gets an id."""
        business, _phone = self.phone_for(request)
        self.world.calls.append(("POST", "media"))
        parts = _parts(request.headers.get("content-type", ""), await request.body())
        file = parts.get("file")
        if file is None or "messaging_product" not in parts or parts["messaging_product"].data != b"whatsapp":
            raise RefusalError(100, "messaging_product and file are required")
        kind = parts["type"].data.decode() if "type" in parts else file.content_type
        media = self.world.keep_media(business.waba_id, file.data, kind, file.filename)
        return JSONResponse({"id": media.id})

    async def node(self, request: Request) -> Response:
        """GET a number, an account or a file; DELETE a file."""
        business, name = self.business_for(request), request.path_params["id"]
        self.world.calls.append((request.method, name))
        if name in business.phones:
            return JSONResponse(_phone_row(business.phones[name]))
        if name == business.waba_id:
            return JSONResponse({"id": name, "name": business.name, "currency": "MXN", "timezone_id": "1"})
        media = self.world.media.get(name)
        if media is None or media.waba_id != business.waba_id:
            raise RefusalError(100, "Object does not exist or missing permissions", subcode=33)
        if request.method == "DELETE":
            self.world.media.pop(name)
            return JSONResponse({"success": True})
        if self.world.faults.take("fail_media_next"):
            raise RefusalError(131000)
        where = self.world.faults.media_elsewhere or f"{self.base()}/whatsapp_business/attachments/?mid={name}&ext=1"
        row = {
            "messaging_product": "whatsapp",
            "url": where,
            "mime_type": media.content_type,
            "sha256": hashlib.sha256(media.data).hexdigest(),
            "file_size": str(len(media.data)),
            "id": name,
        }
        return JSONResponse(row)

    async def download(self, request: Request) -> Response:
        """GET the bytes of a file; the token is needed here too."""
        business = self.business_for(request)
        if self.world.faults.take("fail_media_next"):
            return Response(status_code=500)
        media = self.world.media.get(request.query_params.get("mid", ""))
        if media is None or media.waba_id != business.waba_id:
            return Response(status_code=404)
        return Response(media.data, media_type=media.content_type)

    async def templates(self, request: Request) -> Response:
        """GET the templates, a page at a time."""
        business = self._own_account(request)
        rows = business.templates
        for name in ("name", "status", "language"):
            if wanted := request.query_params.get(name):
                rows = [row for row in rows if row[name] == wanted]
        limit, start = int(request.query_params.get("limit", 25)), int(request.query_params.get("after", 0))
        page = rows[start : start + limit]
        paging: dict[str, Any] = {"cursors": {"before": str(start), "after": str(start + len(page))}}
        if start + limit < len(rows):
            query = f"limit={limit}&after={start + limit}"
            paging["next"] = f"{self.base()}{request.url.path}?{query}"
        return JSONResponse({"data": page, "paging": paging} if page else {"data": []})

    async def phone_numbers(self, request: Request) -> Response:
        """GET the numbers of an account."""
        business = self._own_account(request)
        return JSONResponse({"data": [_phone_row(phone) for phone in business.phones.values()]})

    async def subscribed_apps(self, request: Request) -> Response:
        """POST asks for webhooks, at an address of this account's own if one is given: it must pass the handshake."""
        business = self._own_account(request)
        if request.method == "GET":
            app = {"whatsapp_business_api_data": {"id": "100", "name": "Enlace", "link": "https://example.com"}}
            return JSONResponse({"data": [app] if business.subscribed else []})
        data = await _json(request) if await request.body() else {}
        url = str(data.get("override_callback_uri") or "")
        if url:
            proven = await run_in_threadpool(self.webhooks.handshake, url, str(data.get("verify_token", "")))
            if not proven:
                raise RefusalError(100, "The callback URL or verify token couldn't be validated.")
        business.subscribed, business.override_url = True, url
        return JSONResponse({"success": True})


async def _json(request: Request) -> dict[str, Any]:
    try:
        data = await request.json()
    except ValueError:
        raise RefusalError(100, "Invalid JSON") from None
    if not isinstance(data, dict):
        raise RefusalError(100, "Invalid JSON")
    return data


def _parts(content_type: str, body: bytes) -> dict[str, Media]:
    """The parts of a multipart form. Raises RefusalError for what is none."""
    if not content_type.startswith("multipart/form-data"):
        raise RefusalError(100, "multipart/form-data is required")
    mail = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    found = {}
    for part in mail.iter_parts():
        name = str(part.get_param("name", "", header="content-disposition"))
        data = part.get_payload(decode=True)
        if isinstance(data, bytes):
            found[name] = Media("", "", part.get_content_type(), data, part.get_filename() or "")
    return found


def _phone_row(phone: Phone) -> dict[str, Any]:
    return {
        "verified_name": phone.name,
        "display_phone_number": phone.display,
        "quality_rating": phone.quality,
        "code_verification_status": "VERIFIED",
        "platform_type": "CLOUD_API",
        "throughput": {"level": "STANDARD"},
        "id": phone.id,
    }


def _cut_off() -> Response:
    """An answer that breaks off: the length promises more than comes, so the connection ends in an error."""

    async def half() -> AsyncIterator[bytes]:
        yield b'{"messaging_product": "'

    return StreamingResponse(half(), status_code=200, headers={"Content-Length": "4000"})
