"""Who gets in, and what each provider's keys and sessions are worth elsewhere."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from rest_framework.test import APIRequestFactory

from accounts.authentication import ApiKeyAuthentication
from accounts.guard import LIMIT
from accounts.models import ApiKey
from accounts.permissions import ALL, MATRIX, Role, allowed
from tenants.current import entered

pytestmark = pytest.mark.django_db
PASSWORD = "una-frase-larga"


def person(tenant, email="ana@correo.example", role=Role.OWNER):
    with entered(tenant):
        return get_user_model().objects.create_user(email, PASSWORD, name="Ana", role=role)


def sign_in(client, host, email="ana@correo.example", password=PASSWORD, **extra):
    return client.post("/entrar/", {"email": email, "password": password, **extra}, HTTP_HOST=host)


def test_the_matrix_is_as_agreed():
    assert set(MATRIX) == set(Role.values)
    assert MATRIX[Role.OWNER] == ALL
    assert allowed(Role.COLLECTIONS, "payments.record")
    assert not allowed(Role.COLLECTIONS, "network.operate")
    assert not allowed(Role.TECHNICIAN, "payments.record")
    assert not allowed(Role.SUPPORT, "receipts.review")
    assert not any(code.split(".")[1] != "view" for code in MATRIX[Role.READ_ONLY])
    with pytest.raises(KeyError):
        allowed(Role.OWNER, "payments.recrod")


def test_signing_in_goes_on_to_where_one_was_going(norte):
    person(norte)
    response = sign_in(Client(), "norte.localhost", next="/clientes/?q=ana")
    assert (response.status_code, response["Location"]) == (302, "/clientes/?q=ana")


@pytest.mark.parametrize("target", ["https://malo.example/", "//malo.example", "javascript:alert(1)"])
def test_signing_in_never_leads_elsewhere(norte, target):
    person(norte)
    assert sign_in(Client(), "norte.localhost", next=target)["Location"] == "/"


def test_a_wrong_password_keeps_the_email_and_helps(norte):
    person(norte)
    response = sign_in(Client(), "norte.localhost", password="otra")
    page = response.content.decode()
    assert response.status_code == 422
    assert "no coinciden" in page
    assert "ana@correo.example" in page
    assert "otra" not in page.split("no coinciden")[0].split("password")[-1]


def test_guessing_is_slowed_down(norte, sur):
    person(norte, "blanco@correo.example")
    person(sur, "blanco@correo.example")
    client = Client()
    for _ in range(LIMIT):
        sign_in(client, "norte.localhost", "blanco@correo.example", "mala")
    assert sign_in(client, "norte.localhost", "blanco@correo.example").status_code == 429
    assert sign_in(Client(), "sur.localhost", "blanco@correo.example").status_code == 302


def test_a_session_of_one_provider_is_nobody_at_another(norte, sur):
    """Ids repeat across schemas: the same cookie and the same user number must not open the neighbour."""
    ours = person(norte)
    with entered(sur):
        get_user_model().objects.create(pk=ours.pk, email="ana@correo.example", name="Ana", password=ours.password)
    client = Client()
    sign_in(client, "norte.localhost")
    with entered(norte):
        from django.contrib.sessions.models import Session  # noqa: PLC0415 -- read in its tenant

        stolen = Session.objects.get()
    assert status_with(stolen.session_key, "norte.localhost") == 302  # already inside
    assert status_with(stolen.session_key, "sur.localhost") == 200  # asked to sign in
    # Even with the row copied by an import, the hash inside is salted with the other provider's UUID.
    with entered(sur):
        Session.objects.create(
            session_key=stolen.session_key, session_data=stolen.session_data, expire_date=stolen.expire_date
        )
    assert status_with(stolen.session_key, "sur.localhost") == 200


def status_with(session_key, host):
    client = Client(HTTP_HOST=host)
    client.cookies["sessionid"] = session_key
    return client.get("/entrar/").status_code


def authenticate(text):
    request = APIRequestFactory().get("/", HTTP_AUTHORIZATION=f"Api-Key {text}")
    return ApiKeyAuthentication().authenticate(request)


def test_an_api_key_opens_only_its_own_provider(norte, sur):
    with entered(norte):
        key, text = ApiKey.issue(name="n8n", role=Role.READ_ONLY)
        assert authenticate(text)[0].pk == key.pk
        assert text.split("_", 2)[2] not in key.digest
    with entered(sur):
        with pytest.raises(Exception, match="no es válida"):
            authenticate(text)
        ApiKey.objects.create(name="copy", role=Role.OWNER, prefix=key.prefix, digest=key.digest)
        with pytest.raises(Exception, match="no es válida"):
            authenticate(text)


def test_an_unknown_or_malformed_key_is_refused(norte):
    with entered(norte):
        for text in ("", "enl_x", "enl_aaaa_bbbb", "abc"):
            with pytest.raises(Exception, match="no es válida"):
                authenticate(text)
