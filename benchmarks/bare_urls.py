"""The least a webhook can do: read the form, insert one row with a unique key, answer.

For the way into a page, also: publish the words, and a page that echoes the stream.
"""

import json
import os

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path

from tenants.live_tokens import read_live_token, stream_key
from tenants.redis import redis_client

TABLE = (
    "CREATE TABLE bench_bare (id bigserial PRIMARY KEY, key text UNIQUE, payload jsonb, at timestamptz DEFAULT now())"
)

# Who may listen, when somebody does: set by whoever looks at the page.
TOKEN = os.environ.get("BENCH_LIVE_TOKEN", "")
_TENANT = read_live_token(TOKEN)["tenant"] if TOKEN else ""
PAGE = """<!doctype html><ol id="lines"></ol><script>
new EventSource("/live?token=%s").addEventListener("bench", (event) => {
  const line = document.createElement("li");
  line.textContent = JSON.parse(event.data).body;
  document.getElementById("lines").append(line);
});
</script>"""


def insert(request: HttpRequest) -> HttpResponse:
    """Keep the form as it came; the same one again changes nothing."""
    form = request.POST.dict()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO bench_bare (key, payload) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            [form["MessageSid"], json.dumps(form)],
        )
    if TOKEN:
        hint = json.dumps({"body": form["Body"]})
        redis_client().xadd(stream_key(_TENANT), {"topic": "bench", "hint": hint}, maxlen=1000, approximate=True)
    return HttpResponse(status=204)


def floor(_request: HttpRequest) -> HttpResponse:
    """The page: every event becomes a line."""
    return HttpResponse(PAGE % TOKEN)


urlpatterns = [path("hooks/twilio/", insert), path("floor/", floor)]
