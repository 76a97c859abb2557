"""The web process: pages, API and webhooks, all synchronous (django-tenants has no async context).

Loaded once and forked for each worker, routes included: nothing here may open a connection or start a thread.
"""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()
for routes in (settings.ROOT_URLCONF, settings.PUBLIC_SCHEMA_URLCONF):
    get_resolver(routes).check()
