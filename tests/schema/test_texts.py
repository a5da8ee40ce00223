"""Texts as the server reads them: patterns, formats, durations, URLs."""

from __future__ import annotations

import pytest

from stackgen.schema import formats
from stackgen.schema.formats import go_duration, loose_duration
from stackgen.schema.regex import ecma, matches, readable

PATTERNS = [
    (r"^[a-z]+$", "abc", "abc\n"),
    (r"^\d$", "1", "٣"),
    (r"^\s$", " ", "\u00a0"),
    (r"^\Qa.b\E$", "a.b", "axb"),
    (r"^[[:alpha:]]+$", "ab", "a1"),
    (r"^[^[:digit:]]$", "a", "1"),
    (r"^[]a]+$", "]a", "b"),
    (r"^{$", "{", "a"),
    (r"^a{2}$", "aa", "a"),
    (r"(?i)^ab$", "AB", "abc"),
    (r"^a\z", "a", "ab"),
    (r"b", "abc", "ac"),
]


@pytest.mark.parametrize(("pattern", "good", "bad"), PATTERNS)
def test_patterns_of_go(pattern: str, good: str, bad: str) -> None:
    assert matches(pattern, good)
    assert not matches(pattern, bad)


def test_patterns_that_need_nothing_stay_as_they_are() -> None:
    pattern = r"^([A-Za-z0-9]+\.)*[^/?#\]]{1,5}$"
    assert ecma(pattern) == pattern
    assert readable(pattern)
    assert not readable(r"(a")


DURATIONS = [
    ("0", 0), ("1s", 10**9), ("1h30m", 5400 * 10**9), ("1.5s", 15 * 10**8), (".5s", 5 * 10**8),
    ("-2m", -120 * 10**9), ("300ms", 3 * 10**8), ("1us", 1000), ("1", None), ("1d", None),
    ("", None), ("s", None), ("1s ", None), ("99999999999h", None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "nanoseconds"), DURATIONS)
def test_durations_of_go(text: str, nanoseconds: int | None) -> None:
    assert go_duration(text) == nanoseconds


def test_durations_of_the_format_are_looser() -> None:
    assert loose_duration("2 days") == 2 * 86_400 * 10**9
    assert loose_duration("1h30m") == go_duration("1h30m")
    assert loose_duration("often") is None


FORMATS = [
    ("date-time", "2026-01-31T12:00:00Z", "2026-01-31"),
    ("date-time", "2026-01-31T12:00:00.5+01:00", "2026-02-30T12:00:00Z"),
    ("duration", "30s", "often"),
    ("ipv4", "10.0.0.1", "10.0.0.256"),
    ("ipv6", "::1", "10.0.0.1"),
    ("byte", "YWJj", "a b"),
    ("cidr", "10.0.0.0/8", "10.0.0.0/33"),
    ("uri", "https://a/b", "a/b"),
    ("uuid", "123e4567-e89b-12d3-a456-426614174000", "123"),
    ("k8s-short-name", "a-b", "a.b"),
    ("email", "a@example.com", "a@"),
]


@pytest.mark.parametrize(("name", "good", "bad"), FORMATS)
def test_formats(name: str, good: str, bad: str) -> None:
    check = formats.checkers()[name]
    assert check(good)
    assert not check(bad)


@pytest.mark.parametrize("name", ["int64", "regex", "time", "json-pointer"])
def test_formats_that_the_server_does_not_check(name: str) -> None:
    assert formats.checkers()[name]("anything")


@pytest.mark.parametrize(
    ("text", "scheme", "host"),
    [
        ("http://a:80/b", "http", "a:80"), ("HTTPS://user@a/b?c", "https", "a"), ("/b", "", ""),
        ("mailto:x", "mailto", ""), ("*", "", ""), ("http://[::1]:80/", "http", "[::1]:80"),
    ],
)  # fmt: skip
def test_urls(text: str, scheme: str, host: str) -> None:
    found = formats.parse(text)
    assert found is not None
    assert (found.scheme, found.host) == (scheme, host)


@pytest.mark.parametrize("text", ["", "a", "5", "http://a b/", "http://a:x/", "/%zz", "a\n"])
def test_texts_that_are_no_urls(text: str) -> None:
    assert formats.parse(text) is None
