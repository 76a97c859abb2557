from __future__ import annotations

import uuid

import pytest
from django.conf import settings

from tenants import sealing
from tenants.current import entered
from tenants.sealing import SealedRow, SealError, new_ring_line, open_text, seal_text


class Safe(SealedRow):
    """A row with a secret; it needs no table to seal."""

    password = sealing.SealedField()

    class Meta:
        app_label = "tenants"
        managed = False


def test_a_secret_opens_only_in_its_row_field_and_tenant(db, norte, sur):
    with entered(norte):
        row = Safe()
        row.seal(password="s3creto")
        assert b"s3creto" not in bytes(row.password)
        assert row.reveal("password") == "s3creto"
        with pytest.raises(SealError):
            Safe(uuid=uuid.uuid4(), password=row.password).reveal("password")
    with entered(sur), pytest.raises(SealError):
        row.reveal("password")


def test_an_empty_text_clears(db, norte):
    with entered(norte):
        row = Safe()
        row.seal(password="")
        assert row.password == b""
        assert row.reveal("password") == ""


def test_a_new_first_key_seals_and_old_ones_still_open(tmp_path, settings):
    ring = tmp_path / "ring"
    old = new_ring_line()
    ring.write_text(old)
    settings.KEYRING_FILE = str(ring)
    token = seal_text("hola", b"row")
    ring.write_text(f"{new_ring_line()}\n{old}\n")
    sealing.read_ring.cache_clear()
    assert open_text(token, b"row") == "hola"
    assert seal_text("hola", b"row")[:4] != token[:4]
    ring.write_text(new_ring_line())
    sealing.read_ring.cache_clear()
    with pytest.raises(SealError, match="not in the key ring"):
        open_text(token, b"row")
    sealing.read_ring.cache_clear()


def test_no_ring_is_said(tmp_path):
    with pytest.raises(SealError, match="cannot be read"):
        sealing.read_ring(str(tmp_path / "none"))
    assert settings.KEYRING_FILE
