"""`Authorization: Api-Key enl_<prefix>_<secret>`."""

from __future__ import annotations

import hmac
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.models import ApiKey

USED_EVERY = timedelta(minutes=1)  # how fresh last_used_at is; not one write per call


class ApiKeyAuthentication(BaseAuthentication):
    """Signs programs in by their key, within the tenant of the host."""

    keyword = "Api-Key"

    def authenticate(self, request: Request) -> tuple[ApiKey, ApiKey] | None:
        keyword, _space, text = request.headers.get("Authorization", "").partition(" ")
        if keyword != self.keyword:
            return None
        parts = text.strip().split("_", 2)
        prefix, secret = (parts[1], parts[2]) if len(parts) == 3 and parts[0] == "enl" else ("", "")
        key = ApiKey.objects.filter(prefix=prefix, revoked_at=None).first()
        if key is None or not hmac.compare_digest(key.digest, ApiKey.digest_of(secret)):
            raise AuthenticationFailed(_("La clave de API no es válida o fue revocada."))
        now = timezone.now()
        if key.last_used_at is None or now - key.last_used_at > USED_EVERY:
            ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
        return key, key

    def authenticate_header(self, request: Request) -> str:
        return self.keyword
