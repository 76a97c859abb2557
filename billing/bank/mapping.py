"""Which column is what, how days and amounts are written, and each row as a line of money. Pure."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

from billing.bank.reading import Table
from billing.domain.money import round_money
from customers.text import fold

# What a column can be. Money is in `credit` (and `debit`), or signed in `amount`.
ROLES = {
    "day": later("Fecha"),
    "amount": later("Importe (con signo)"),
    "credit": later("Abono o depósito"),
    "debit": later("Cargo o retiro"),
    "reference": later("Referencia"),
    "description": later("Concepto"),
    "payer": later("Quién pagó"),
}
# The words banks put above their columns, the likelier first.
_TITLES = {
    "day": ("fecha operacion", "fecha de operacion", "fecha", "dia", "date"),
    "credit": ("abono", "deposito", "credito", "haber", "ingreso", "entrada", "credit"),
    "debit": ("cargo", "retiro", "debito", "debe", "egreso", "salida", "debit"),
    "amount": ("importe", "monto", "valor", "cantidad", "amount"),
    "reference": ("clave de rastreo", "rastreo", "referencia", "folio", "no. operacion", "numero de operacion",
                  "operacion", "documento", "autorizacion", "reference"),
    "description": ("concepto", "descripcion", "detalle", "glosa", "movimiento", "leyenda", "description"),
    "payer": ("ordenante", "nombre", "beneficiario", "remitente", "cliente", "originante"),
}  # fmt: skip
_MONTHS = {name: n for n, names in enumerate(
    (("ene", "jan"), ("feb",), ("mar",), ("abr", "apr"), ("may",), ("jun",), ("jul",), ("ago", "aug"),
     ("sep", "set"), ("oct", "out"), ("nov",), ("dic", "dec", "dez")), 1) for name in names}  # fmt: skip
SAMPLE = 200


@dataclass(frozen=True, slots=True)
class BankMapping:
    """How one bank's files read: role -> title of its column, the order of a day, and the decimal sign."""

    columns: Mapping[str, str]
    day_format: str
    decimals: str

    def problems(self, titles: Iterable[str]) -> list[str]:
        """Why it cannot be used with these titles, as sentences."""
        known, wrong = set(titles), []
        if "day" not in self.columns:
            wrong.append(_("Diga qué columna es la fecha."))
        if not {"amount", "credit"} & self.columns.keys():
            wrong.append(_("Diga qué columna es el depósito o el importe."))
        used = Counter(self.columns.values())
        wrong += [_("La columna «%(title)s» está dos veces.") % {"title": t} for t, n in used.items() if n > 1]
        wrong += [_("El archivo no tiene la columna «%(title)s».") % {"title": t} for t in used if t not in known]
        return wrong


@dataclass(frozen=True, slots=True)
class Line:
    """Money that came in. `occurrence` counts lines of one file that read the same."""

    row: int
    day: dt.date
    amount: Decimal
    reference: str
    description: str
    payer: str
    occurrence: int = 1

    def fingerprint(self, account_id: int) -> str:
        """The same in every file that has this line, and another for every other line of the account."""
        parts = [str(account_id), self.day.isoformat(), f"{self.amount.normalize():f}", fold(self.reference),
                 fold(self.description), fold(self.payer), str(self.occurrence)]  # fmt: skip
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Statement:
    """A file's lines: money that came in, how many went out, and rows that could not be read with the reason."""

    lines: list[Line]
    debits: int
    problems: list[tuple[int, str]] = field(default_factory=list)


def guess_mapping(table: Table) -> BankMapping:
    """What a file nobody has mapped yet most likely is."""
    columns: dict[str, str] = {}
    for role, words in _TITLES.items():
        free = [t for t in table.titles if t not in columns.values()]
        found = next((t for w in words for t in free if fold(t) == w), None)
        found = found or next((t for w in words for t in free if w in fold(t)), None)
        if found:
            columns[role] = found
    if "credit" in columns:
        columns.pop("amount", None)
    days = _column(table, columns.get("day", ""))
    money = [text for role in ("credit", "amount") for text in _column(table, columns.get(role, ""))]
    return BankMapping(columns, _guess_days(days), _guess_decimals(money))


def _column(table: Table, title: str) -> list[str]:
    if title not in table.titles:
        return []
    place = table.titles.index(title)
    return [row[place] for row in table.rows[:SAMPLE] if row[place]]


def _guess_days(texts: list[str]) -> str:
    fits = {kind: sum(_day(text, kind) is not None for text in texts) for kind in ("dmy", "ymd", "mdy")}
    return max(fits, key=lambda kind: fits[kind])


def _guess_decimals(texts: list[str]) -> str:
    comma = sum(bool(re.search(r",\d{1,2}\D*$", text)) for text in texts)
    point = sum(bool(re.search(r"\.\d{1,2}\D*$", text)) for text in texts)
    return "," if comma > point else "."


def read_lines(table: Table, mapping: BankMapping, *, currency: str, today: dt.date) -> Statement:
    """Every row as money, in the account's currency. Rows without day or money (sums, blanks) are passed over."""
    place = {role: table.titles.index(title) for role, title in mapping.columns.items() if title in table.titles}
    lines: list[Line] = []
    problems: list[tuple[int, str]] = []
    seen: Counter[tuple[object, ...]] = Counter()
    debits = 0
    for number, row in enumerate(table.rows, table.first_row):
        cells = {role: row[column] for role, column in place.items()}
        if not cells.get("day") or not any(cells.get(role) for role in ("amount", "credit", "debit")):
            continue
        try:
            amount = _money_in(cells, mapping.decimals)
            if amount is None:
                debits += 1
                continue
            line = Line(
                number,
                _past_day(cells["day"], mapping.day_format, today),
                _whole_cents(amount, currency),
                cells.get("reference", "")[:80],
                cells.get("description", "")[:300],
                cells.get("payer", "")[:120],
            )
        except ValueError as error:
            problems.append((number, str(error)))
            continue
        same = (line.day, line.amount, fold(line.reference), fold(line.description), fold(line.payer))
        seen[same] += 1
        lines.append(replace(line, occurrence=seen[same]))
    return Statement(lines, debits, problems)


def _whole_cents(amount: Decimal, currency: str) -> Decimal:
    if round_money(amount, currency) != amount:
        raise ValueError(_("El monto tiene más decimales de los que usa %(currency)s.") % {"currency": currency})
    return amount


def _past_day(text: str, kind: str, today: dt.date) -> dt.date:
    day = _day(text, kind)
    if day is None:
        raise ValueError(_("«%(text)s» no es una fecha.") % {"text": text[:30]})
    if day > today:
        raise ValueError(_("La fecha %(text)s está en el futuro.") % {"text": text[:30]})
    return day


def _money_in(cells: Mapping[str, str], decimals: str) -> Decimal | None:
    """The amount that came in; None when the row took money out. Raises ValueError with a sentence."""
    if cells.get("credit"):
        credit = _money(cells["credit"], decimals)
        if credit:
            return credit if credit > 0 else None
    if cells.get("amount"):
        amount = _money(cells["amount"], decimals)
        return amount if amount > 0 else None
    return None


def _money(text: str, decimals: str) -> Decimal:
    plain = re.sub(r"[^\d,.()+-]", "", text.replace("−", "-"))
    negative = plain.startswith(("-", "(")) or plain.endswith("-")
    plain = plain.strip("()+-")
    group, point = (",", ".") if decimals == "." else (".", ",")
    plain = plain.replace(group, "").replace(point, ".")
    try:
        found = Decimal(plain or "0")
    except InvalidOperation as error:
        raise ValueError(_("«%(text)s» no es un monto.") % {"text": text[:30]}) from error
    if abs(found) >= Decimal("1e12"):
        raise ValueError(_("El monto es demasiado grande."))
    return -found if negative else found


def _day(text: str, kind: str) -> dt.date | None:
    text = fold(text)[:30]
    if iso := re.match(r"(\d{4})-(\d\d)-(\d\d)", text):  # what a spreadsheet keeps as a day
        return _date(*map(int, iso.groups()))
    if named := re.match(r"(\d{1,2})[ /.-]+(?:de )?([a-z]{3})[a-z]*\.?[ /.-]+(?:de[l]? )?(\d{2,4})", text):
        month = _MONTHS.get(named[2])
        return _date(_year(named[3]), month, int(named[1])) if month else None
    digits = re.match(r"(\d{1,4})[/. -](\d{1,2})[/. -](\d{1,4})|(\d{8})(?!\d)", text)
    if digits is None:
        return None
    parts = _eight(digits[4], kind) if digits[4] else [digits[1], digits[2], digits[3]]
    order = {"dmy": (2, 1, 0), "mdy": (2, 0, 1), "ymd": (0, 1, 2)}[kind]
    year, of_year, of_month = (parts[place] for place in order)
    return _date(_year(year), int(of_year), int(of_month)) if len(year) in {2, 4} else None


def _eight(digits: str, kind: str) -> list[str]:
    return [digits[:4], digits[4:6], digits[6:]] if kind == "ymd" else [digits[:2], digits[2:4], digits[4:]]


def _year(text: str) -> int:
    return int(text) + 2000 if len(text) == 2 else int(text)


def _date(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day) if year >= 2000 else None
    except ValueError:
        return None
