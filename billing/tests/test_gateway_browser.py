"""What a customer does on a phone: from the invoice's link to the gateway's page and back to «recibimos su pago»."""

import threading
import time

import pytest
from django.db import connection
from django.utils import timezone
from playwright.sync_api import expect

from billing.documents.links import DocumentRef
from billing.documents.shelf import fresh_link
from billing.domain.gateway_lane import drain
from billing.models import Payment
from billing.tests.scenes import check_books
from billing.tests.till import connect_stripe, debtor, listen
from customers.models import Hold
from simulators.stripe_api import StripeSimulator
from tenants.current import enter, tenant_today


@pytest.fixture
def worker():
    """Drains the lane, as a worker does, until the test ends."""
    stop = threading.Event()

    def run():
        try:
            while not stop.is_set():
                with enter("norte"):
                    drain(now=timezone.now())
                time.sleep(0.1)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    yield thread
    stop.set()
    thread.join()


@pytest.mark.parametrize("dark", [False, True])
def test_from_the_invoice_to_the_service(browser, norte, worker, settings, dark):
    with StripeSimulator() as stripe:
        with enter("norte"):
            settings.PUBLIC_PORT, settings.PUBLIC_SCHEME = str(browser.port), "http"
            listen(stripe, connect_stripe(stripe), browser.port)
            customer = debtor()
            ref = DocumentRef("invoice", customer.invoices.get().pk)
            link = "/" + fresh_link(ref, today=tenant_today(timezone.now())).split("/", 3)[3]
        worker.start()
        page = browser.open(norte, link, role=None, width=390, height=844, dark=dark)
        page.get_by_role("button", name="Pagar ahora").click()
        page.wait_for_url(f"{stripe.url}/pay/**")
        page.get_by_role("button", name="Pagar con tarjeta").click()
        expect(page.get_by_role("heading", name="Recibimos su pago")).to_be_visible()
        assert "/p/" in page.url
    with enter("norte"):
        assert Payment.objects.get().amount == 600
        assert not Hold.objects.filter(closed_at=None).exists()
        check_books()
