"""Quantities as built-in kinds read them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from stackgen.facts.quantity import QuantityError, gib_quantity, number, parse, whole
from tests.schema.native.objects import container, one, pod, said

REQUEST = "spec.containers[0].resources.requests"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", "0"), ("500m", "0.5"), ("1.5Gi", "1610612736"), ("1e3", "1000"), ("1E3", "1000"),
        ("12E", "9223372036854775807"), ("Gi", "0"), ("+1k", "1000"), ("-1", "-1"), ("1.", "1"),
        (".5", "0.5"), ("1n", "1e-9"), ("0.1n", "1e-9"), ("1e-1", "0.1"),
    ],
)  # fmt: skip
def test_values(text: str, value: str) -> None:
    assert parse(text) == Decimal(value)


@pytest.mark.parametrize("text", ["", "1gi", "1 Gi", "abc", "1GiB", "0x10", "1,5", "1e", "--1"])
def test_not_quantities(text: str) -> None:
    with pytest.raises(QuantityError):
        parse(text)


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        (2, ""), (2.5, ""), (None, ""), (" 1 ", ""), ("1cpu", f"schema-quantity {REQUEST}.cpu"),
        (True, f"schema-wrong-type {REQUEST}.cpu"), ({}, f"schema-wrong-type {REQUEST}.cpu"),
        ("-1", f"schema-quantity {REQUEST}.cpu"),
    ],
)  # fmt: skip
def test_spellings_in_a_document(amount: object, expected: str) -> None:
    assert said(pod(container(resources={"requests": {"cpu": amount}}))) == one(expected)


def test_a_number_that_no_float_holds_is_not_known() -> None:
    assert number(10**400) is None
    assert whole(-(10**400)) is None
    assert number(2**63) == 2.0**63


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (2, "2Gi"),
        (5.5, "5.5Gi"),
        (999999, "999999Gi"),
        (10**6, "1000000Gi"),
        (1023990028.2, "1023990029Gi"),
    ],
)
def test_gib_are_written_without_an_exponent(size: float, text: str) -> None:
    assert gib_quantity(size) == text
    assert parse(text) >= Decimal(size) * 2**30
