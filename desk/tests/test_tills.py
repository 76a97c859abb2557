"""The demo's gateways: connected before their simulators run, and of one mind with them once they do."""

import json
from pathlib import Path

import pytest
from django.utils import timezone

from billing.domain.gateway_lane import drain
from billing.models import GatewayAccount, PaymentRequest
from billing.tests.till import debtor
from desk.demo.tills import ask_some, connect_gateways, write_gateway_files
from desk.demo.world import GATEWAYS, PROVIDERS, World, router_names
from simulators.conekta import ConektaSimulator
from simulators.mercadopago import MercadoPagoSimulator
from simulators.stripe_api import StripeSimulator
from tenants.current import enter

SIMULATORS = {"conekta": ConektaSimulator, "mercadopago": MercadoPagoSimulator, "stripe": StripeSimulator}


@pytest.fixture
def world(tmp_path, norte, sur):
    ports = [1] * len(router_names())
    made = World.plan(tmp_path, web=8000, messaging_port=1, router_ports=ports)
    made.gateway_ports = dict.fromkeys(GATEWAYS, 1)
    return made


def test_each_gateway_opens_what_the_demo_asks(world, settings):
    now = timezone.now()
    for provider in PROVIDERS:
        with enter(provider.slug):
            for _ in range(2):
                connect_gateways(provider, now)
    with enter("norte"):
        for _ in range(6):
            debtor()
        ask_some(now)
        assert set(PaymentRequest.objects.values_list("status", flat=True)) == {"waiting"}
        assert GatewayAccount.objects.count() == 4
    write_gateway_files(world)
    running = {}
    try:
        for kind, simulator in SIMULATORS.items():
            running[kind] = simulator().start()
            for account in json.loads(Path(world.gateway_file(kind)).read_text())["accounts"]:
                running[kind].add_account(**account)
        settings.GATEWAY_API_BASES = {kind: one.url for kind, one in running.items()}
        with enter("norte"):
            PaymentRequest.objects.update(next_try_at=now)
            drain(now=timezone.now())
            assert set(PaymentRequest.objects.values_list("status", "trouble")) == {("open", "")}
            far = running["conekta"].accounts[f"conekta-{PROVIDERS[0].token}"]
            assert far.public_key == GatewayAccount.objects.get(kind="conekta").reveal("webhook_secret")
            assert "/hooks/pasarelas/" in far.webhook_url
    finally:
        for one in running.values():
            one.stop()
