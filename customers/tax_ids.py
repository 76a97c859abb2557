"""Tax ids as each country writes them: checked where they are typed, kept compact, shown with their separators.

The rules are python-stdnum's. Where a country's invoices also take a personal document, that is accepted too.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from stdnum.ar import cuit
from stdnum.ar import dni as ar_dni
from stdnum.br import cnpj, cpf
from stdnum.cl import rut
from stdnum.co import nit
from stdnum.ec import ci
from stdnum.ec import ruc as ec_ruc
from stdnum.exceptions import InvalidChecksum, InvalidComponent, ValidationError
from stdnum.mx import rfc
from stdnum.pe import cui
from stdnum.pe import ruc as pe_ruc

LONGEST = 20


class BadTaxId(ValueError):
    """It cannot be a tax id of that country; the message is for the person who typed it."""


@dataclass(frozen=True)
class Kind:
    """One sort of tax id: what people call it, its rules, and how many characters it may have."""

    name: str
    rules: ModuleType
    lengths: tuple[int, ...]


# An RFC's check digit is not looked at: about 1.5 % of those in use have a wrong one (python-stdnum, stdnum.mx.rfc).
COUNTRIES: dict[str, tuple[Kind, ...]] = {
    "MX": (Kind("RFC", rfc, (12, 13)),),
    "PE": (Kind("RUC", pe_ruc, (11,)), Kind("DNI", cui, (8,))),
    "CO": (Kind("NIT", nit, tuple(range(8, 13))),),
    "CL": (Kind("RUT", rut, (8, 9)),),
    "AR": (Kind("CUIT", cuit, (11,)), Kind("DNI", ar_dni, (7, 8))),
    "BR": (Kind("CNPJ", cnpj, (14,)), Kind("CPF", cpf, (11,))),
    "EC": (Kind("RUC", ec_ruc, (13,)), Kind("Cédula", ci, (10,))),
}


def tax_id_name(country: str) -> str:
    """What people of the country call it: "RFC", "CNPJ o CPF"; a general word elsewhere."""
    kinds = COUNTRIES.get(country)
    return _(" o ").join(kind.name for kind in kinds) if kinds else _("Identificación fiscal")


def check_tax_id(text: str, country: str) -> str:
    """Return the tax id compact ("GODE561231GR8"), or "" for nothing; of other countries, as typed.

    Raises BadTaxId with what is wrong: too short by how many, a letter where none goes, a check digit that fails.
    """
    typed = text.strip()
    kinds = COUNTRIES.get(country)
    if not typed or kinds is None:
        if len(typed) > LONGEST:
            raise BadTaxId(_("Tiene %(n)s caracteres; caben %(most)s.") % {"n": len(typed), "most": LONGEST})
        return typed
    kind, compact = _nearest(kinds, typed)
    if len(compact) not in kind.lengths:
        raise BadTaxId(_length_sentence(kind, len(compact)))
    try:
        return str(kind.rules.validate(compact))
    except InvalidChecksum as error:
        raise BadTaxId(
            _("%(name)s: el dígito verificador no corresponde; revise los números.") % {"name": kind.name}
        ) from error
    except InvalidComponent as error:
        raise BadTaxId(
            _("%(name)s: una de sus partes no existe (fecha, tipo o lugar); revíselo.") % {"name": kind.name}
        ) from error
    except ValidationError as error:
        raise BadTaxId(
            _("%(name)s: tiene letras o signos donde no van; escríbalo como en la constancia.") % {"name": kind.name}
        ) from error


def show_tax_id(value: str, country: str) -> str:
    """Return a compact tax id as documents print it: "GODE 561231 GR8", "12.531.909-2"."""
    for kind in COUNTRIES.get(country, ()):
        if len(value) in kind.lengths and hasattr(kind.rules, "format"):
            return str(kind.rules.format(value))
    return value


def _nearest(kinds: tuple[Kind, ...], typed: str) -> tuple[Kind, str]:
    """The kind whose length comes closest to what was typed, and that compact."""
    found = [(kind, str(kind.rules.compact(typed))) for kind in kinds]
    return min(found, key=lambda pair: min(abs(len(pair[1]) - length) for length in pair[0].lengths))


def _length_sentence(kind: Kind, length: int) -> str:
    shortest, longest = min(kind.lengths), max(kind.lengths)
    if length < shortest:
        missing = shortest - length
        text = ngettext("%(name)s: le falta un dígito.", "%(name)s: le faltan %(n)s dígitos.", missing)
        return text % {"name": kind.name, "n": missing}
    spare = length - longest
    text = ngettext("%(name)s: le sobra un dígito.", "%(name)s: le sobran %(n)s dígitos.", spare)
    return text % {"name": kind.name, "n": spare}
