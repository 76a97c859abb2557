"""Staff and API keys, in every schema: the platform's own people live in public, a provider's in its schema."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import connection, models
from django.utils.crypto import salted_hmac

from accounts.permissions import Role, allowed


def schema_salt(purpose: str) -> str:
    """Return a salt of this tenant, or of the platform in public, which has staff too."""
    tenant = getattr(connection, "tenant", None)
    return f"{purpose}:{getattr(tenant, 'uuid', 'platform')}"


class UserManager(BaseUserManager["User"]):
    """Makes people."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Create a person; without a password they cannot sign in until they set one."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save()
        return user

    def who_can(self, code: str) -> models.QuerySet[User]:
        """Return the people at work who hold a permission code, by name."""
        roles = [role for role in Role if allowed(role, code)]
        return self.filter(is_active=True, role__in=roles).order_by("name")

    def get_by_natural_key(self, username: str | None) -> User:
        """Find by e-mail without regard to case."""
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser):
    """A person of the staff."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=20, choices=Role, default=Role.READ_ONLY)
    is_active = models.BooleanField(default=True)
    language = models.CharField(max_length=10, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = UserManager()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]
    actor_kind = "user"

    def __str__(self) -> str:
        return self.name

    def can(self, code: str) -> bool:
        """Say whether this person holds a permission code."""
        return self.is_active and allowed(self.role, code)

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        # Django's own, with the tenant in the salt: ids repeat across schemas, sessions must not.
        return salted_hmac(schema_salt("session"), self.password, secret=secret, algorithm="sha256").hexdigest()


class ApiKey(models.Model):
    """A key for programs. Only its hash is kept; it can do what its role can."""

    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12, unique=True)
    digest = models.CharField(max_length=64)
    role = models.CharField(max_length=20, choices=Role, default=Role.READ_ONLY)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=120, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    is_authenticated = True
    is_active = True
    is_anonymous = False
    actor_kind = "api"

    def __str__(self) -> str:
        return self.name

    @classmethod
    def issue(cls, *, name: str, role: str, created_by: str = "") -> tuple[ApiKey, str]:
        """Create a key and return it with its text, which cannot be shown again."""
        prefix, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
        key = cls.objects.create(
            name=name, role=role, prefix=prefix, digest=cls.digest_of(secret), created_by=created_by
        )
        return key, f"enl_{prefix}_{secret}"

    @staticmethod
    def digest_of(secret: str) -> str:
        """Return the stored form of a secret, salted with the tenant."""
        return hmac.new(schema_salt("api-key").encode(), secret.encode(), hashlib.sha256).hexdigest()

    def can(self, code: str) -> bool:
        """Say whether the key's role holds a permission code."""
        return allowed(self.role, code)
