"""Found a demo provider: schema, brand, staff, rules, WhatsApp number. Everything is made once and kept."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.utils import timezone

from accounts.models import User
from billing.models import BillingPolicy, DocumentSettings
from billing.models.policies import default_notices
from chatbot.domain.bots import change_bot, current_bot
from desk.demo.calendar import PAY_DAY
from desk.demo.far_templates import far_templates
from desk.demo.world import PASSWORD, PLATFORM_STAFF, Person, Provider, World
from events.domain import Actor
from inbox.domain.channels import add_channel
from inbox.domain.templates import DEFAULTS, approve_notices, ensure_default_templates
from tenants.current import connection
from tenants.models import Tenant
from tenants.provision import create_tenant

ACTOR = Actor.system("Demostración")


def found_platform() -> None:
    """Make the platform's own login."""
    connection.set_schema_to_public()
    _person(PLATFORM_STAFF)


def found_provider(provider: Provider) -> Tenant:
    """Make the provider's schema, domain and brand, or return what there is."""
    tenant = Tenant.objects.filter(slug=provider.slug).first()
    if tenant is None:
        tenant = create_tenant(
            slug=provider.slug,
            name=provider.name,
            domain=f"{provider.slug}.localhost",
            country=provider.country,
            currency=provider.currency,
            timezone=provider.timezone,
            primary_color=provider.color,
        )
        brand = tenant.brand
        brand.accent_color = provider.accent
        brand.phone, brand.whatsapp = provider.phone, provider.number
        brand.email, brand.address = f"hola@{provider.slug}.example", provider.address
        brand.save()
    return tenant


def staff_provider(provider: Provider) -> None:
    """Make the provider's people. Runs inside the tenant."""
    for person in provider.staff:
        _person(person)


def set_rules(*, issue_day: int, cut_day: int, cut_hour: dt.time) -> BillingPolicy:
    """Set the demo's calendar in the provider's policy."""
    policy = BillingPolicy.objects.first() or BillingPolicy()
    policy.issue_day, policy.pay_day, policy.cut_day = issue_day, PAY_DAY, cut_day
    policy.cut_hour = cut_hour
    # Reminded in the morning's first minute, so that whoever starts the demo at any hour finds it done.
    policy.quiet_from = policy.quiet_until = dt.time(0)
    policy.notices = [{**notice, "hour": "00:01"} for notice in default_notices()]
    policy.save()
    return policy


def write_documents(provider: Provider) -> None:
    """Give the provider's documents their legal data and where to pay; what somebody wrote since stays."""
    if not DocumentSettings.objects.exists():
        names = ("legal_name", "tax_id", "bank_data")
        DocumentSettings.objects.create(**{name: getattr(provider, name) for name in names})


def connect_messaging(provider: Provider, world: World) -> None:
    """Connect the provider's WhatsApp number to the messaging simulator, with its approved texts and its bot."""
    channel = add_channel(
        kind="twilio_whatsapp",
        name=f"WhatsApp {provider.name}",
        address=f"whatsapp:{provider.number}",
        account=provider.account,
        auth_token=provider.token,
        actor=ACTOR,
        config={
            "api_base": f"http://127.0.0.1:{world.messaging_port}",
            "public_base": f"http://{world.host_of(provider.slug)}",
        },
    )
    ensure_default_templates()
    approve_notices(channel=channel, ids={key: content_sid(provider, key) for key in DEFAULTS})


def turn_on_bot(provider: Provider) -> None:
    """Let the rules answer customers; they need nothing from outside. What was set since stays."""
    if current_bot().pk is None:
        change_bot(
            actor=ACTOR,
            now=timezone.now(),
            enabled=True,
            payment_instructions=(
                "Puede pagar en efectivo en nuestra oficina o por transferencia a Banco del Valle,"
                f" cuenta 0123 4567 89, a nombre de {provider.name}."
            ),
        )


def content_sid(provider: Provider, key: str) -> str:
    """Return the made-up identifier of an approved text: HX and 32 letters and digits."""
    return f"HX{provider.slug}{key}".replace("_", "")[:34].ljust(34, "0")


def messaging_account(provider: Provider, world: World, contacts: list[dict[str, str]]) -> dict[str, object]:
    """Return the provider's account as the messaging simulator reads it. Runs inside the tenant."""
    return {
        "sid": provider.account,
        "token": provider.token,
        "name": provider.name,
        "numbers": [provider.number],
        "webhook_url": f"http://{world.host_of(provider.slug)}/hooks/twilio/",
        "contacts": contacts,
        "contents": [
            *(
                {"sid": content_sid(provider, key), "friendly_name": key, "language": "es", "body": body}
                for key, (_name, body, _variables) in DEFAULTS.items()
            ),
            *far_templates(lambda key: content_sid(provider, key)),
        ],
    }


def _person(person: Person) -> None:
    if not User.objects.filter(email=person.email).exists():
        User.objects.create_user(person.email, PASSWORD, name=person.name, role=person.role)


def refuse_production() -> None:
    """Refuse to make demo data in a production installation. Raises RuntimeError."""
    if not (settings.ROUTER_EXCEPTIONS or settings.ROUTER_EXCEPTIONS_FILE):
        raise RuntimeError("The demo's data is only made where ENLACE_ROUTER_EXCEPTIONS is set, as bin/demo does.")
