"""Settings, all from the environment. Mistakes become system checks (config/checks.py), each with its remedy."""

from __future__ import annotations

from pathlib import Path

import environ
from csp.constants import NONCE, NONE, SELF

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="")
DATA_DIR = Path(env.str("ENLACE_DATA", default=str(BASE_DIR / ".data")))

# --- who we are -----------------------------------------------------------------------------------
PLATFORM_HOST = env.str("ENLACE_PLATFORM_HOST", default="localhost")
# Shown in links we send to people; the port matters only where no proxy hides it (demo, tests).
PUBLIC_SCHEME = env.str("ENLACE_PUBLIC_SCHEME", default="https")
PUBLIC_PORT = env.str("ENLACE_PUBLIC_PORT", default="")
# Hosts are checked against the Domain table by tenants.middleware, which knows them all; Django's own list
# cannot, since providers add domains while we run.
ALLOWED_HOSTS = ["*"]

# --- apps -------------------------------------------------------------------------------------------
EVERY_SCHEMA = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "events",
    "accounts",
]
SHARED_APPS = [
    "django_tenants",
    "tenants",
    "console",
    *EVERY_SCHEMA,
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "django_htmx",
    "template_partials",
    "lucide",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]
TENANT_APPS = [*EVERY_SCHEMA, "customers", "inbox", "network", "billing", "chatbot", "desk"]
INSTALLED_APPS = [*SHARED_APPS, *[app for app in TENANT_APPS if app not in SHARED_APPS]]
if env.bool("ENLACE_LINEAR_MIGRATIONS", default=False):  # a development check; not installed in production
    INSTALLED_APPS.append("django_linear_migrations")
    FIRST_PARTY_APPS = [
        "tenants",
        "events",
        "accounts",
        "customers",
        "inbox",
        "network",
        "billing",
        "chatbot",
        "desk",
    ]

TENANT_MODEL = "tenants.Tenant"
TENANT_DOMAIN_MODEL = "tenants.Domain"
# One SET search_path per change of tenant, not one per cursor. Needs django-tenants >= 4.0.1: before it a
# ROLLBACK TO SAVEPOINT left the connection on the wrong schema.
TENANT_LIMIT_SET_CALLS = True
ROOT_URLCONF = "config.urls"
PUBLIC_SCHEMA_URLCONF = "config.urls_platform"

MIDDLEWARE = [
    "config.client_address.ClientAddress",
    # Style sheets are nobody's: the page that says "unknown host" needs them too.
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "tenants.middleware.TenantByHost",
    "inbox.doors.DoorsFirst",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "tenants.context.brand",
            ],
        },
    }
]
WSGI_APPLICATION = "config.wsgi.application"

# --- stores -------------------------------------------------------------------------------------------
DATABASES = {"default": env.db_url("DATABASE_URL", default="postgres://enlace@127.0.0.1:5432/enlace")}
DATABASES["default"].update(
    ENGINE="django_tenants.postgresql_backend",
    # A backend that touched a tenant keeps its catalog in memory (about 1.4 MB per tenant), so lives end.
    CONN_MAX_AGE=env.int("ENLACE_DB_CONN_MAX_AGE", default=300),
    CONN_HEALTH_CHECKS=True,
)
DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
# Only what asks for it: Django's own cursors bind on our side and prepare nothing.
DATABASES["default"]["OPTIONS"]["prepare_threshold"] = 5
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_FUNCTION": "tenants.caching.tenant_key",
    }
}

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_DEFAULT_QUEUE = "soon"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A wake that cannot be sent is no loss, the row stays: give up fast rather than hold a request.
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0.05, "interval_max": 0.1}
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 2, "socket_timeout": 10}

# --- people -------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
LOGIN_URL = "accounts:sign_in"
LOGIN_REDIRECT_URL = "/"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
# Sessions live in each schema's own table, so a cookie of one provider names nothing at another.
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
SESSION_COOKIE_SAMESITE = "Lax"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
CSRF_FAILURE_VIEW = "accounts.views.csrf_failure"

# --- words and times -----------------------------------------------------------------------------------
LANGUAGE_CODE = "es"
# A language joins when its catalog is whole; until then nobody gets a page in two languages.
LANGUAGES = [("es", "Español")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- files -----------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(env.str("ENLACE_STATIC_ROOT", default=str(BASE_DIR / "staticfiles")))
WHITENOISE_USE_FINDERS = DEBUG or env.bool("ENLACE_STATIC_FINDERS", default=False)
STORAGES = {
    "default": {"BACKEND": "tenants.files.TenantStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if WHITENOISE_USE_FINDERS
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
MEDIA_ROOT = Path(env.str("ENLACE_MEDIA", default=str(DATA_DIR / "media")))
# A photo or PDF that proves a payment; what is larger is refused while it arrives.
RECEIPT_MAX_BYTES = env.int("ENLACE_RECEIPT_MAX_MB", default=10) * 1024 * 1024
# Programs send it in base64, which is a third longer.
DATA_UPLOAD_MAX_MEMORY_SIZE = max(12 * 1024 * 1024, RECEIPT_MAX_BYTES * 4 // 3 + 128 * 1024)
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# --- security -------------------------------------------------------------------------------------------
KEYRING_FILE = env.str("ENLACE_KEYRING", default=str(DATA_DIR / "keyring"))
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
HTTPS_ONLY = env.bool("ENLACE_HTTPS_ONLY", default=not DEBUG)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS_ONLY
SECURE_REDIRECT_EXEMPT = [r"^health$"]
SECURE_HSTS_SECONDS = 31536000 if HTTPS_ONLY else 0
# Providers' domains are theirs: what their other subdomains do is not ours to force.
SECURE_HSTS_INCLUDE_SUBDOMAINS = False
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W019", "security.W021"]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"  # a PDF comprobante is shown in a frame of our own page
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "media-src": [SELF, "blob:"],  # what was recorded or chosen is heard before it is sent
        "style-src": [SELF],
        "script-src": [SELF, NONCE],
        "connect-src": [SELF],
        "frame-ancestors": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}

# Router addresses are often private on purpose; loopback and our own never are. Exact host:port pairs, and a file of
# such, that are let through all the same: simulators of the demo and of the tests.
ROUTER_EXCEPTIONS = env.list("ENLACE_ROUTER_EXCEPTIONS", default=[])
ROUTER_EXCEPTIONS_FILE = env.str("ENLACE_ROUTER_EXCEPTIONS_FILE", default="")
# Networks of this installation (CIDR), where no router is ever reached.
OWN_NETWORKS = env.list("ENLACE_OWN_NETWORKS", default=[])
# A language model may run on our own machines where one company serves only itself; never for strangers.
ALLOW_LOCAL_MODELS = env.bool("ENLACE_ALLOW_LOCAL_MODELS", default=False)
# Where the channels' API is, when it is not the vendor's own (demo and tests).
TWILIO_API_BASE = env.str("ENLACE_TWILIO_API_BASE", default="https://api.twilio.com")
WHATSAPP_CLOUD_API_BASE = env.str("ENLACE_WHATSAPP_CLOUD_API_BASE", default="https://graph.facebook.com")
# {"stripe": "http://127.0.0.1:9"} where gateways are played by simulators.
GATEWAY_API_BASES = env.dict("ENLACE_GATEWAY_API_BASES", default={})
TELEGRAM_API_BASE = env.str("ENLACE_TELEGRAM_API_BASE", default="https://api.telegram.org")
PHONE_URL = env.str("ENLACE_PHONE_URL", default="")  # the demo's sandbox phone, when it runs

# --- API ---------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.ApiKeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.access.DenyUnlessDeclared"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": [
        "rest_framework.parsers.JSONParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "DEFAULT_PAGINATION_CLASS": "accounts.pagination.KeyPagination",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "accounts.api_errors.explain",
    "DEFAULT_VERSIONING_CLASS": None,
    "PAGE_SIZE": 50,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Enlace",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    # Where two answers share a choice, its name in the description is ours to give.
    "ENUM_NAME_OVERRIDES": {
        "InvoiceStatusEnum": "billing.models.Invoice.Status",
        "MessageStatusEnum": "inbox.models.Message.Status",
        "PaymentRequestStatusEnum": "billing.models.PaymentRequest.Status",
        "GatewayRefundStatusEnum": "billing.models.GatewayRefund.Status",
        "GatewayPaymentStateEnum": "billing.models.GatewayPayment.State",
        "PromiserEnum": "billing.models.BillingPolicy.Promiser",
        "ProrationEnum": "billing.models.Proration",
        "FeeKindEnum": "billing.models.FeeKind",
        "SeriesKindEnum": "billing.models.Series.Kind",
        "ExtraKindEnum": "billing.models.Extra.Kind",
        "DiscountKindEnum": "billing.models.Discount.Kind",
        "TaxKindEnum": "customers.models.Tax.Kind",
        "ExtraCategoryEnum": "billing.models.contracts.Extra.Category",
        "TicketStateEnum": "inbox.models.Ticket.State",
        "TicketCategoryEnum": "inbox.models.Ticket.Category",
        "ArticleKindEnum": "chatbot.models.Article.Kind",
        "ArticleLanguageEnum": "chatbot.models.Article.Language",
        "OpenQuestionStateEnum": "chatbot.models.OpenQuestion.State",
    },
    # The page's own scripts come from us, as the content security policy asks.
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"tenant": {"()": "tenants.logs.TenantFilter"}},
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s [%(tenant)s] %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["tenant"]}},
    "root": {"handlers": ["console"], "level": env.str("ENLACE_LOG_LEVEL", default="INFO")},
    # It tells every request; those to UISP are kept as commands, and the others are not of interest.
    "loggers": {"httpx2": {"level": "WARNING"}},
}
