"""The least a webhook can do: read the form, insert one row with a unique key, answer."""

import json

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path

TABLE = (
    "CREATE TABLE bench_bare (id bigserial PRIMARY KEY, key text UNIQUE, payload jsonb, at timestamptz DEFAULT now())"
)


def insert(request: HttpRequest) -> HttpResponse:
    """Keep the form as it came; the same one again changes nothing."""
    form = request.POST.dict()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO bench_bare (key, payload) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            [form["MessageSid"], json.dumps(form)],
        )
    return HttpResponse(status=204)


urlpatterns = [path("hooks/twilio/", insert)]
