"""Kubernetes quantities as plain numbers, for sums."""

from __future__ import annotations

_BINARY = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
_DECIMAL = {"k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


def cpus(quantity: str) -> float:
    """CPUs of a quantity such as 4 or 250m. Raises ValueError."""
    return float(quantity[:-1]) / 1000 if quantity.endswith("m") else float(quantity)


def gib(quantity: str) -> float:
    """GiB of a quantity such as 512Mi or 2Gi. Raises ValueError."""
    for suffix, factor in (_BINARY | _DECIMAL).items():
        if quantity.endswith(suffix):
            return float(quantity.removesuffix(suffix)) * factor / 2**30
    return float(quantity) / 2**30
