"""Keys are changed: everything sealed opens with the new one alone, at every provider, and what does not is told."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from customers.models import Customer, Equipment, Plan, Service
from desk.imports.files import keep_file, open_files
from desk.imports.sources.base import SourceFile
from desk.models import ImportRun
from events.domain import Actor
from network.domain.accesses import add_access
from network.domain.routers import add_router
from network.models import Access, Router
from tenants import rotation, sealing
from tenants.current import entered
from tenants.models import Tenant
from tenants.rotation import rotate_secrets, sealed_models
from tenants.sealing import SealError, new_ring_line, open_text

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 20, 19, 0, tzinfo=dt.UTC)
ACTOR = Actor.system("Prueba")
Ring = Callable[..., None]


@pytest.fixture
def ring(tmp_path: Path, settings: Any) -> Iterator[Ring]:
    """Write the key ring: its keys in their order."""
    settings.KEYRING_FILE = str(tmp_path / "ring")

    def write(*lines: str) -> None:
        Path(settings.KEYRING_FILE).write_text("\n".join(lines))
        sealing.read_ring.cache_clear()

    yield write
    sealing.read_ring.cache_clear()


def fill(name: str, count: int = 3) -> Router:
    plan = Plan.objects.create(name=f"Plan {name}", price=100)
    router = add_router(name=name, host="10.0.0.1", username="x", password=f"router-{name}", actor=ACTOR, now=NOW)
    for number in range(count):
        customer = Customer.objects.create(code=f"{name}{number}", name=f"Ana {number}")
        service = Service.objects.create(customer=customer, plan=plan, code=f"{name}{number}-1")
        add_access(
            service=service,
            router=router,
            username=f"u{number}@{name}",
            password=f"clave-{name}-{number}",
            actor=ACTOR,
            now=NOW,
        )
    equipment = Equipment(service=service, model="AirGrid")
    equipment.seal(cpe_password=f"antena-{name}")
    equipment.save()
    return router


def opens(name: str, count: int = 3) -> None:
    assert Router.objects.get().reveal("password") == f"router-{name}"
    for number in range(count):
        assert Access.objects.get(username=f"u{number}@{name}").reveal("password") == f"clave-{name}-{number}"
    assert Equipment.objects.get().reveal("cpe_password") == f"antena-{name}"
    assert Equipment.objects.get().reveal("wifi_password") == ""


def rotate() -> str:
    out = io.StringIO()
    call_command("rotate_keys", stdout=out)
    return out.getvalue()


def test_the_old_key_may_go_afterwards(ring: Ring, norte: Tenant, sur: Tenant) -> None:
    old, new = new_ring_line(), new_ring_line()
    ring(old)
    for tenant in (norte, sur):
        with entered(tenant):
            fill(tenant.slug)
            run = ImportRun.objects.create(source="wisphub", created_at=NOW)
            keep_file(run=run, file=SourceFile("clientes.json", b'{"password": "x"}'))
    ring(new, old)
    said = rotate()
    assert "norte network.access: 3 opened, 3 sealed anew" in said
    assert "sur network.access: 3 opened, 3 sealed anew" in said
    assert "norte desk.importfile: 1 opened, 1 sealed anew" in said
    assert "clave-" not in said
    assert "3 opened, 0 sealed anew" in rotate(), "a second run has nothing to do"
    ring(new)
    for tenant in (norte, sur):
        with entered(tenant):
            opens(tenant.slug)
            assert open_files(ImportRun.objects.get())[0].content == b'{"password": "x"}'


def test_a_run_cut_short_goes_on(ring: Ring, in_norte: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = new_ring_line(), new_ring_line()
    ring(old)
    fill("norte", 5)
    ring(new, old)
    calls = []

    def fail_late(*args: Any) -> bytes:
        calls.append(args)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return sealing.seal_text(*args)

    with monkeypatch.context() as patch:
        patch.setattr(rotation, "seal_text", fail_late)
        with pytest.raises(KeyboardInterrupt):
            list(rotate_secrets(chunk=2))
    counts = {count.model: count for count in rotate_secrets(chunk=2)}
    done = sum(count.sealed for count in counts.values())
    assert 0 < done < 7, "what was committed is not done again"
    ring(new)
    opens("norte", 5)


def test_a_value_of_another_row_is_told_and_does_not_open(ring: Ring, in_norte: Tenant) -> None:
    old, new = new_ring_line(), new_ring_line()
    ring(old)
    fill("norte")
    first, second, _third = Access.objects.order_by("pk")
    Access.objects.filter(pk=second.pk).update(password=first.password)
    with pytest.raises(SealError):
        Access.objects.get(pk=second.pk).reveal("password")
    ring(new, old)
    with pytest.raises(CommandError, match=f"norte network.access row {second.pk}, field password") as refused:
        rotate()
    assert "clave-" not in str(refused.value)
    # It is left as it is, and the others are done.
    assert bytes(Access.objects.get(pk=second.pk).password) == bytes(first.password)
    assert Access.objects.get(pk=first.pk).reveal("password") == "clave-norte-0"
    ring(new)
    assert Access.objects.get(pk=first.pk).reveal("password") == "clave-norte-0"


def test_a_key_that_is_gone_is_told(ring: Ring, in_norte: Tenant) -> None:
    ring(new_ring_line())
    fill("norte")
    ring(new_ring_line())
    with pytest.raises(CommandError, match="not in the key ring"):
        rotate()
    with pytest.raises(CommandError, match="no provider"):
        call_command("rotate_keys", "--provider", "nadie")


def test_every_sealed_field_is_known(in_norte: Tenant) -> None:
    found = {model._meta.label_lower: set(names) for model, names in sealed_models().items()}
    assert found["network.access"] == {"password"}
    assert found["network.router"] == {"password"}
    assert found["customers.equipment"] == {"cpe_password", "wifi_password"}
    assert {"desk.importfile", "billing.bankimport", "billing.gatewayaccount", "inbox.channel"} <= set(found)
    with pytest.raises(SealError):
        open_text(b"\x00" * 40, b"x")
