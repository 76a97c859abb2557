"""Which day somebody means: «el viernes», «mañana», «el 28», «en la quincena», «3 días». Pure."""

from __future__ import annotations

import datetime as dt
import re
from calendar import monthrange

from billing.domain.cycle import add_months, month_start
from customers.text import fold

WEEKDAYS = ("lunes", "martes", "miercoles", "jueves", "viernes", "sabado", "domingo")
MONTHS = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre",
    "diciembre",
)  # fmt: skip
NUMBERS = {"un": 1, "uno": 1, "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5, "seis": 6, "siete": 7}
ONE_DAY = dt.timedelta(days=1)
QUINCENA = 15

YES = re.compile(
    r"\b(si|sip|ok|okey|vale|va|sale|dale|claro|acepto|confirmo|correcto|de acuerdo|esta bien|por favor"
    r"|sim|isso|aceito|pode ser|yes|yep|yeah|sure|i accept|confirm|correct)\b"
)
NO = re.compile(r"\b(no|nel|nop|nope|nao|not|don t|mejor no|ya no|cancela|olvidalo)\b")


def says_yes(text: str) -> bool:
    """Whether a text agrees, and nothing in it disagrees."""
    return bool(YES.search(fold(text)) or "\U0001f44d" in text) and not says_no(text)


def says_no(text: str) -> bool:
    """Whether a text refuses."""
    return bool(NO.search(fold(text)))


def named_day(text: str, today: dt.date) -> dt.date | None:
    """The day a text names, from `today` on; None when it names none, or one that no month has."""
    said = " ".join(re.findall(r"[a-z0-9/]+", fold(text)))
    for read in (_dated, _near, _counted, _weekday, _of_month):
        found = read(said, today)
        if found is not None:
            return found
    return None


def _dated(said: str, today: dt.date) -> dt.date | None:
    """28 de noviembre, 28/11."""
    if (match := re.search(r"\b(\d{1,2}) de (\w+)", said)) and match[2] in MONTHS:
        return _next_date(int(match[1]), MONTHS.index(match[2]) + 1, today)
    if match := re.search(r"\b(\d{1,2})/(\d{1,2})\b", said):
        return _next_date(int(match[1]), int(match[2]), today)
    return None


def _next_date(day: int, month: int, today: dt.date) -> dt.date | None:
    for year in (today.year, today.year + 1):
        try:
            found = dt.date(year, month, day)
        except ValueError:
            continue
        if found >= today:
            return found
    return None


def _near(said: str, today: dt.date) -> dt.date | None:
    """Hoy, mañana, pasado mañana; «en la mañana» is an hour and no day."""
    if "pasado manana" in said:
        return today + 2 * ONE_DAY
    if re.search(r"(?<!la )\bmanana\b", said):
        return today + ONE_DAY
    if re.search(r"\b(hoy|al rato|mas tarde|en la noche|esta noche)\b", said):
        return today
    return None


def _counted(said: str, today: dt.date) -> dt.date | None:
    """3 días, dos días, una semana."""
    if match := re.search(r"\b(\d{1,2}|" + "|".join(NUMBERS) + r") dias?\b", said):
        count = NUMBERS.get(match[1]) or int(match[1])
        return today + count * ONE_DAY
    return today + 7 * ONE_DAY if re.search(r"\b(una|1) semana\b", said) else None


def _weekday(said: str, today: dt.date) -> dt.date | None:
    """The next one of that name, never today: who means today says so."""
    for index, name in enumerate(WEEKDAYS):
        if re.search(rf"\b{name}\b", said):
            return today + ((index - today.weekday() - 1) % 7 + 1) * ONE_DAY
    return None


def _of_month(said: str, today: dt.date) -> dt.date | None:
    """El 28, el día 3; the quincena and the end of the month."""
    last = today.replace(day=monthrange(today.year, today.month)[1])
    if "quincena" in said:
        return today.replace(day=QUINCENA) if today.day < QUINCENA else last
    if re.search(r"\bfin(es)? de(l)? mes\b", said):
        return last
    match = re.search(r"\b(?:el|dia|para el|hasta el) (\d{1,2})\b(?! (?:de|pesos|mil|meses|horas|dias))", said)
    if match is None or not 1 <= int(match[1]) <= 31:
        return None
    day = int(match[1])
    for month in (month_start(today), add_months(month_start(today), 1)):
        if day <= monthrange(month.year, month.month)[1] and month.replace(day=day) >= today:
            return month.replace(day=day)
    return None
