"""Accounts made from the command line, before there is anyone to make them on a page."""

from __future__ import annotations

import secrets

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.core.validators import validate_email

from accounts.models import User
from accounts.permissions import Role


def new_person(*, email: str, name: str, role: str) -> tuple[User, str]:
    """Make a person in the present schema; return them and their first password, which is shown once.

    Raises CommandError with what to do when the address is none or is taken.
    """
    try:
        validate_email(email)
    except ValidationError:
        raise CommandError(f"{email} is not an e-mail address") from None
    if User.objects.filter(email=email.lower()).exists():
        raise CommandError(f"{email} has an account here already")
    password = secrets.token_urlsafe(12)
    return User.objects.create_user(email, password, name=name, role=Role(role)), password
