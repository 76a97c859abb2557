"""What the worker meets when Redis goes away under it."""

from __future__ import annotations

from typing import Any

import pytest

from config.celery import app


def test_what_is_left_to_do_on_a_connection_that_was_closed_fails_as_on_one_that_was_lost():
    """The worker survives a lost connection, and takes any other error for its end."""
    connection = app.connection_for_read()
    channel: Any = connection.default_channel
    lost = connection.connection_errors
    assert channel.pool is not None
    connection.collect()
    with pytest.raises(lost, match="closed"):
        assert channel.pool
