"""The reference a customer writes on a transfer: digits alone, with two that tell a slip of the pen.

Seven digits for the first hundred thousand customers, because that is what Mexico's SPEI leaves for a numeric
reference; longer afterwards. The check is ISO 7064 mod 97-10, the one of IBAN.
"""

from __future__ import annotations

import re

from stdnum.iso7064 import mod_97_10

SHORTEST = 5  # digits before the two that check
# Banks group digits by blanks or dashes, and put words right beside them.
RUN = re.compile(r"\d(?:[ -]?\d)*")


def make_reference(number: int) -> str:
    """The reference of a customer's number."""
    base = str(number).zfill(SHORTEST)
    return base + mod_97_10.calc_check_digits(base)


def read_references(text: str) -> list[int]:
    """The customers' numbers that a bank's line may name, in its order; empty when none passes the check."""
    found: list[int] = []
    for run in RUN.findall(text):
        whole = re.sub(r"[ -]", "", run)
        for digits in dict.fromkeys([whole, *re.findall(r"\d+", run)]):
            number = _read(digits)
            if number is not None and number not in found:
                found.append(number)
    return found


def _read(digits: str) -> int | None:
    """The number of a whole reference, or None. One that is written longer than it must be is another number."""
    if not SHORTEST + 2 <= len(digits) <= 18 or not mod_97_10.is_valid(digits):
        return None
    number = int(digits[:-2])
    return number if number and make_reference(number) == digits else None
