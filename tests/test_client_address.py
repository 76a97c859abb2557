"""The client's address is what the front says, and the front has the last word."""

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from config.client_address import ClientAddress


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [("203.0.113.9", "203.0.113.9"), ("1.1.1.1, 203.0.113.9", "203.0.113.9"), ("", "127.0.0.1"), ("::1", "::1")],
)
def test_the_last_entry_counts(forwarded, address):
    seen = []
    request = RequestFactory(headers={"x-forwarded-for": forwarded}).get("/")
    ClientAddress(lambda r: seen.append(r.META["REMOTE_ADDR"]) or HttpResponse())(request)
    assert seen == [address]
