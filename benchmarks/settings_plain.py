"""The same view in plain Django: no tenant middleware, Django's own PostgreSQL backend, one fixed schema."""

from config.settings import *  # noqa: F403
from config.settings import DATABASES, MIDDLEWARE

ROOT_URLCONF = PUBLIC_SCHEMA_URLCONF = "benchmarks.urls"
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions", "accounts"]
MIDDLEWARE = [name for name in MIDDLEWARE if not name.startswith(("tenants.", "inbox."))]
DATABASE_ROUTERS = []
DATABASES["default"]["ENGINE"] = "django.db.backends.postgresql"
# The rows are those of the tenant's schema, so that both sides read the same pages of the same tables.
DATABASES["default"]["OPTIONS"]["options"] = "-c search_path=norte,public"
