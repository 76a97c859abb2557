"""Log lines carry the tenant."""

import logging

from django.db import connection


class TenantFilter(logging.Filter):
    """Sets `record.tenant` to the schema this thread is in."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.tenant = getattr(connection, "schema_name", None) or "public"
        return True
