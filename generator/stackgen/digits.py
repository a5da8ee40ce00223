"""Whole numbers in text of any length.

Python refuses to read more than 4,300 digits, and reads long ones in quadratic time.
"""

from __future__ import annotations

_EXACT = 18  # digits that every signed number of 64 bits has room for
MOST = 10**_EXACT


def to_int(text: str) -> int:
    """The whole number that `text` is, with or without a sign; MOST stands for all larger ones.

    No range that anything is compared with reaches MOST. Raises ValueError for other text.
    """
    if len(text) <= _EXACT:
        return int(text)
    digits = text[1:] if text[0] in "+-" else text
    if not digits.isdecimal():
        raise ValueError(f"{text[:_EXACT]}... is not an integer")
    digits = digits.lstrip("0")
    size = int(digits or "0") if len(digits) <= _EXACT else MOST
    return -size if text[0] == "-" else size
