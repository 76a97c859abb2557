"""Tax ids by country, exemption and withholding: what is taken, what is refused and with which words."""

from __future__ import annotations

from decimal import Decimal

import pytest

from customers.domain.people import change_customer
from customers.domain.tax_terms import TaxTermsRefused
from customers.models import Customer, Tax
from customers.tax_ids import BadTaxId, check_tax_id, show_tax_id, tax_id_name
from customers.tests.test_api import Api, get
from customers.tests.test_pages import ACTOR, NOW, make
from events.models import Event
from tenants.current import current_tenant, entered

GOOD = {
    "MX": [("gode 561231-gr8", "GODE561231GR8", "GODE 561231 GR8"), ("MAB-930714-8T4", "MAB9307148T4", None)],
    "PE": [("20512333797", "20512333797", "20512333797"), ("10117410", "10117410", "10117410")],
    "CO": [("213.123.432-1", "2131234321", "213.123.432-1")],
    "CL": [("12.531.909-2", "125319092", "12.531.909-2"), ("6-k", None, None)],
    "AR": [("20-05536168-2", "20055361682", "20-05536168-2"), ("20.123.456", "20123456", "20.123.456")],
    "BR": [("16.727.230/0001-97", "16727230000197", "16.727.230/0001-97"), ("39053344705", "39053344705", None)],
    "EC": [("1792060346-001", "1792060346001", "1792060346001"), ("171430710-3", "1714307103", None)],
}


@pytest.mark.parametrize(("country", "cases"), GOOD.items())
def test_good_ones_are_kept_compact_and_shown_with_their_separators(country, cases):
    for typed, kept, shown in cases:
        if kept is None:
            with pytest.raises(BadTaxId):
                check_tax_id(typed, country)
            continue
        assert check_tax_id(f"  {typed} ", country) == kept
        assert check_tax_id(kept, country) == kept
        if shown:
            assert show_tax_id(kept, country) == shown


@pytest.mark.parametrize(
    ("country", "typed", "said"),
    [
        ("MX", "GODE561231G", "RFC: le falta un dígito."),
        ("MX", "GODE561231", "RFC: le faltan 2 dígitos."),
        ("MX", "GODE561231GR8X", "RFC: le sobra un dígito."),
        ("MX", "GODE569931GR8", "RFC: una de sus partes no existe"),
        ("MX", "1234561231GR8", "RFC: tiene letras o signos donde no van"),
        ("PE", "2051233379", "RUC: le falta un dígito."),
        ("PE", "20512333798", "RUC: el dígito verificador no corresponde"),
        ("CO", "2131234325", "NIT: el dígito verificador"),
        ("CL", "12531909-3", "RUT: el dígito verificador"),
        ("AR", "20267565392", "CUIT: el dígito verificador"),
        ("AR", "2026756539", "CUIT: le falta un dígito."),
        ("BR", "16727230000198", "CNPJ: el dígito verificador"),
        ("BR", "23100299900", "CPF: el dígito verificador"),
        ("EC", "1763154690001", "RUC: el dígito verificador"),
        ("EC", "171430710", "Cédula: le falta un dígito."),
        ("UY", "1" * 21, "caben 20"),
    ],
)
def test_bad_ones_get_a_sentence(country, typed, said):
    with pytest.raises(BadTaxId, match=said):
        check_tax_id(typed, country)


def test_elsewhere_they_are_taken_as_typed():
    assert check_tax_id("  21.234567-8 ", "UY") == "21.234567-8"
    assert tax_id_name("UY") == "Identificación fiscal"
    assert tax_id_name("BR") == "CNPJ o CPF"


FORM = {"name": "Íñigo Núñez 0001", "phones": ""}


def test_the_form_says_what_is_wrong_keeps_it_and_changes_nothing(client_norte, in_norte):
    customer = make(1)[0]
    bad = client_norte.post(f"/clientes/{customer.pk}/editar/", {**FORM, "tax_id": "GODE561231G", "tax_exempt": "on"})
    text = bad.content.decode()
    assert bad.status_code == 422
    assert "RFC: le falta un dígito." in text
    assert "GODE561231G" in text
    assert "por qué no paga impuestos" in text
    customer.refresh_from_db()
    assert (customer.tax_id, customer.tax_exempt) == ("", False)
    assert not Event.objects.filter(type="customer.changed").exists()


def test_what_is_typed_well_is_kept_and_shown(client_norte, client_sur, in_norte, sur):
    customer = make(1)[0]
    tax = Tax.objects.create(name="Ret. ISR", kind="withheld", rate=Decimal("0.0125"))
    fields = {**FORM, "tax_id": "gode-561231-gr8", "tax_exempt": "on", "tax_exempt_reason": "Escuela pública"}
    client_norte.post(f"/clientes/{customer.pk}/editar/", {**fields, "withholdings": [tax.pk]})
    customer.refresh_from_db()
    assert (customer.tax_id, customer.tax_exempt_reason) == ("GODE561231GR8", "Escuela pública")
    assert list(customer.withholdings.all()) == [tax]
    page = client_norte.get(f"/clientes/{customer.pk}/").content.decode()
    assert "GODE 561231 GR8" in page
    assert "Escuela pública" in page
    assert "GODE 561231 GR8" in client_norte.get(f"/clientes/{customer.pk}/editar/").content.decode()
    client_norte.post(f"/clientes/{customer.pk}/editar/", {**FORM, "tax_id": "GODE561231GR8"})
    customer.refresh_from_db()
    assert (customer.tax_exempt, customer.tax_exempt_reason, customer.withholdings.count()) == (False, "", 0)
    with entered(sur):
        assert not Customer.objects.exclude(tax_id="").exists()


def test_the_api_names_the_field(in_norte):
    customer = make(1)[0]
    api = Api(current_tenant())
    tax = Tax.objects.create(name="IVA", rate=Decimal("0.16"))
    bad = api("patch", f"/customers/{customer.pk}/", {"tax_id": "GODE561231G"})
    assert bad.status_code == 400
    assert bad.data_["fields"] == {"tax_id": ["RFC: le falta un dígito."]}
    bad = api("patch", f"/customers/{customer.pk}/", {"withholdings": [tax.pk]})
    assert list(bad.data_["fields"]) == ["withholdings"]
    good = api("patch", f"/customers/{customer.pk}/", {"tax_id": "MAB-930714-8T4"})
    assert good.data_["tax_id"] == "MAB9307148T4"
    assert get(api, f"/customers/{customer.pk}/")[1]["withholdings"] == []


def test_each_country_checks_its_own(in_sur):
    customer = make(1)[0]
    with pytest.raises(TaxTermsRefused, match="CUIT"):
        change_customer(customer_id=customer.pk, fields={"tax_id": "GODE561231GR8"}, phones=None, actor=ACTOR, now=NOW)
    changed = change_customer(
        customer_id=customer.pk, fields={"tax_id": "20-05536168-2"}, phones=None, actor=ACTOR, now=NOW
    )
    assert changed.tax_id == "20055361682"
