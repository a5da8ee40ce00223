"""How plain scalars are read: a table of our own, and the real kubectl."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackgen.manifest.scalars import NotFiniteError, ambiguity, as_kubectl, remedy
from tests.kubectl import needs_kubectl, sent

# Written by hand from Go's rules: ParseInt with base 0 and without underscores, then floats.
TABLE: dict[str, Any] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None, "nULL": "nULL",
    "true": True, "True": True, "TRUE": True, "tRUE": "tRUE", "y": True, "Y": True, "yes": True,
    "on": True, "ON": True, "oN": "oN", "false": False, "n": False, "No": False, "off": False,
    "0": 0, "1": 1, "-1": -1, "+1": 1, "-0": 0, "007": 7, "017": 15, "08": 8, "-017": -15, "00": 0,
    "0o17": 15, "0O17": 15, "0o8": "0o8", "0x1F": 31, "-0x1f": -31, "0X1f": 31, "0xZZ": "0xZZ",
    "0b11": 3, "-0b11": -3, "0b2": "0b2", "1_000": 1000, "1__0": 10, "_1": "_1", "1_": 1,
    "0x_1": 1, "0777_7": 4095, "+": "+", "-": "-", "--1": "--1", "+-1": "+-1", "1-": "1-",
    "9223372036854775807": 2**63 - 1, "-9223372036854775808": -(2**63),
    "18446744073709551615": 2**64 - 1, "18446744073709551616": 2**64,
    "0xFFFFFFFFFFFFFFFF": 2**64 - 1, "0x10000000000000000": "0x10000000000000000",
    "1.": 1, ".5": 0.5, "-.5": -0.5, "+.5": 0.5, "1.0": 1, "1.5": 1.5, ".": ".", "..": "..",
    "1e3": 1000, "1E+3": 1000, "12e03": 12000, "1e": "1e", "e3": "e3", "1e-2": 0.01,
    "-.5e-3": -0.0005,
    "1e400": "1e400", "1e20": 10**20, "1e22": 1e22, "6.02E23": 6.02e23, "1_0.5": 10.5,
    "._1": "._1", ".1_5": 0.15, ".1__5": ".1__5",
    ".5_": ".5_", "-._1": -0.1,
    "1:30": "1:30", "190:20:30": "190:20:30", "2001-01-01": "2001-01-01", "2x2": "2x2",
    "4Gi": "4Gi",
    "NaN": "NaN", "inf": "inf", "Infinity": "Infinity", "=": "=", "a": "a", "1.2.3": "1.2.3",
    "0x": "0x", "0b": "0b", "1.e3": 1000, "1 000": "1 000", "0.1_5": 0.15, "9" * 30: 1e30,
}  # fmt: skip


@pytest.mark.parametrize(("text", "value"), TABLE.items())
def test_the_table(text: str, value: Any) -> None:
    read = as_kubectl(text)
    assert read == value
    assert isinstance(read, bool) == isinstance(value, bool)
    assert isinstance(read, str) == isinstance(value, str)


@pytest.mark.parametrize("text", [".inf", "+.inf", "-.INF", ".nan", ".NaN", ".NAN", ".Inf"])
def test_numbers_that_json_cannot_hold_are_refused(text: str) -> None:
    with pytest.raises(NotFiniteError):
        as_kubectl(text)


def test_endless_digits_are_read_without_effort() -> None:
    assert as_kubectl("9" * 5000) == "9" * 5000
    assert as_kubectl("1" + "0" * 100) == 1e100
    assert as_kubectl("-" + "9" * 100_000) == "-" + "9" * 100_000
    assert as_kubectl("0x" + "f" * 5000) == "0x" + "f" * 5000


def _manifest(scalars: list[str]) -> str:
    lines = [f"  - {text}" if text else "  -" for text in scalars]
    head = "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a}\nspec:\n  values:\n"
    return head + "\n".join(lines) + "\n"


def _same(ours: Any, theirs: Any) -> bool:
    """Equal as JSON values; beyond 2^53 as the floats that numbers are to kubectl."""
    if isinstance(ours, bool) or isinstance(theirs, bool) or isinstance(ours, str):
        return type(ours) is type(theirs) and ours == theirs
    if ours is None or theirs is None:
        return ours is theirs
    return float(ours) == float(theirs)


@needs_kubectl
def test_kubectl_reads_the_table_as_we_do() -> None:
    texts = [text for text in TABLE if text not in {"-"}]
    got = sent(_manifest(texts))
    assert got is not None
    differ = [
        (text, TABLE[text], theirs)
        for text, theirs in zip(texts, got["spec"]["values"], strict=True)
        if not _same(TABLE[text], theirs)
    ]
    assert differ == []


@needs_kubectl
def test_kubectl_reads_random_scalars_as_we_do() -> None:
    import random

    random.seed(7)
    texts: list[str] = []
    while len(texts) < 4000:
        text = "".join(
            random.choice("0123456789_+-.eExXoObBafn:tT") for _ in range(random.randint(1, 7))
        )
        if text[0] in "-:" or text[-1] == ":":
            continue
        try:
            as_kubectl(text)
        except NotFiniteError:
            continue
        texts.append(text)
    got = sent(_manifest(texts))
    assert got is not None
    differ = [
        (text, as_kubectl(text), theirs)
        for text, theirs in zip(texts, got["spec"]["values"], strict=True)
        if not _same(as_kubectl(text), theirs)
    ]
    assert differ == []


@needs_kubectl
@pytest.mark.parametrize("text", [".inf", "-.inf", ".nan"])
def test_kubectl_refuses_what_we_refuse(text: str) -> None:
    assert sent(_manifest([text])) is None


@given(st.text(max_size=12))
def test_any_text_is_read_as_something(text: str) -> None:
    try:
        value = as_kubectl(text)
    except NotFiniteError:
        assert "inf" in text.lower() or "nan" in text.lower()
        return
    assert value is None or isinstance(value, (str, bool, int, float))
    assert not isinstance(value, float) or math.isfinite(value)


@pytest.mark.parametrize(
    ("text", "why", "advice"),
    [
        ("Y", "a boolean to some YAML readers, text to others", 'write true, or "Y" for the text'),
        ("n", "a boolean to some YAML readers, text to others", 'write false, or "n" for the text'),
        ("~", "null to some YAML readers, text to others", 'write null, or "~" for the text'),
        ("1:30", "a base-60 number to some YAML readers, text to others", 'write "1:30"'),
        ("2001-01-01", "a date to some YAML readers, text to others", 'write "2001-01-01"'),
        (".inf", "not a finite number", 'write a number, or ".inf" for the text'),
        (
            "1_000", "a number to some YAML readers, another number or text to others",
            'write 1000, or "1_000" for the text',
        ),
        (
            "010", "a number to some YAML readers, another number or text to others",
            'write 8, or "010" for the text',
        ),
    ],
)  # fmt: skip
def test_why_readers_disagree_and_what_to_write(text: str, why: str, advice: str) -> None:
    assert ambiguity(text) == why
    assert remedy(text) == advice


@pytest.mark.parametrize(
    "text",
    [
        "true",
        "false",
        "null",
        "",
        "0",
        "12",
        "-3",
        "1.5",
        "a",
        "2x2",
        "4Gi",
        "v1",
        "1.2.3",
        "hf://a/b",
    ],
)
def test_what_all_readers_agree_on(text: str) -> None:
    assert ambiguity(text) is None
