"""What is done for a text or a set of findings grows as they do, counted in calls."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import pytest

from stackgen import redact
from stackgen.findings import baseline, config, suppress
from stackgen.findings.fingerprint import fingerprint
from stackgen.findings.locate import Texts, locate
from stackgen.findings.model import Located, Place
from stackgen.findings.select import selection
from stackgen.findings.suppress import Suppression
from stackgen.manifest import json_in
from stackgen.manifest.document import Mark, Source
from stackgen.manifest.yaml_in import parse
from tests.findings.given import PROBE, RULES, TODAY
from tests.growth.counting import calls


def commented(size: int) -> Callable[[], Any]:
    lines = [f'a{n}: "#"  # stackgen: ignore[serving-probe-budget] meant' for n in range(size)]
    source = Source("a.yaml", "\n".join(lines))
    return lambda: suppress.suppressions([source])


def before_nothing(size: int) -> Callable[[], Any]:
    source = Source("a.yaml", "# stackgen: ignore[serving-probe-budget] meant\n" * size)
    return lambda: suppress.suppressions([source])


def twice(size: int) -> Callable[[], Any]:
    text = "\n".join("a: 1" for _ in range(size))
    return lambda: parse(text, "a.yaml")


def applied(size: int) -> Callable[[], Any]:
    """As many findings as comments, each on a line of its own."""
    text = "\n".join(f"a{n}: 1" for n in range(size))
    found: list[Located] = []
    stated: list[Suppression] = []
    for line in range(1, size + 1):
        place = Place(file="a.yaml", text=text, mark=Mark(line, 1, 3))
        finding = PROBE.finding("slow", place)
        places = locate(finding, Texts({}))
        found.append(Located(finding, places, fingerprint(finding, places[0])))
        stated.append(Suppression(PROBE.id, "meant", place=place, kind="comment", line=line))
        stated.append(Suppression(PROBE.id, "meant", place=place, object=f"Pod/p{line}"))
        stated.append(Suppression(PROBE.id, "meant", place=place, kind="config", path="b/*"))
    chosen = selection(RULES)
    return lambda: suppress.apply(found, stated, chosen, TODAY, ["a.yaml"])


def globs(size: int) -> Callable[[], Any]:
    """As many globs in the config as findings, all in one file."""
    text = "\n".join(f"a{n}: 1" for n in range(size))
    place = Place(file="a.yaml", text=text, mark=Mark(1, 1, 3))
    finding = PROBE.finding("slow", place)
    places = locate(finding, Texts({}))
    found = [Located(finding, places, fingerprint(finding, places[0])) for _ in range(size)]
    stated = [
        Suppression(PROBE.id, "meant", place=place, kind="config", path=f"{n}/**/*.yaml")
        for n in range(size)
    ]
    chosen = selection(RULES)
    return lambda: suppress.apply(found, stated, chosen, TODAY, ["a.yaml"])


def in_baseline(size: int) -> Callable[[], Any]:
    """As many findings as entries: half are known, half of the entries are gone."""
    found = []
    for number in range(size):
        place = Place(file="a.yaml", text="a: 1", mark=Mark(1, 1, 3))
        finding = PROBE.finding(f"slow {number}", place)
        found.append(Located(finding, locate(finding, Texts({})), f"f{number}"))
    known = {f"f{number}": 1 for number in range(size // 2, size + size // 2)}
    return lambda: (baseline.apply(found, known), baseline.write(found))


def with_tokens(size: int) -> Callable[[], Any]:
    text = "\n".join(f"a{n}: hf_{n:020}" for n in range(size))
    return lambda: redact.redact(text)


def with_half_tokens(size: int) -> Callable[[], Any]:
    """Beginnings of each shape that come to nothing."""
    text = "hf_ sk- eyJa eyJ. ://u:p Bearer aaaa auth: -----BEGIN PRIVATE KEY----- " * size
    return lambda: redact.redact(text)


def json_stream(size: int) -> Callable[[], Any]:
    text = '{"a": [1, {"b": "c"}]}\n' * size
    return lambda: json_in.pieces(text)


def json_stream_on_one_line(size: int) -> Callable[[], Any]:
    """The last one is broken."""
    text = '{"a": 1}' * size + "{"
    return lambda: json_in.pieces(text)


GIVEN = (
    commented, before_nothing, twice, applied, globs, in_baseline, with_tokens, with_half_tokens,
    json_stream, json_stream_on_one_line,
)  # fmt: skip


@pytest.mark.parametrize("given", GIVEN)
def test_the_calls_grow_no_faster_than_the_input(given: Callable[[int], Any]) -> None:
    given(10)()  # what is done once
    counts = [calls(given(size)) for size in (200, 400, 800)]
    for less, more in ((counts[0], counts[1]), (counts[1], counts[2])):
        assert math.log2(more / less) < 1.1, counts


class Counting(str):
    """A text that counts the characters that are copied out of it."""

    copied = 0

    def __getitem__(self, key: Any) -> str:
        part = super().__getitem__(key)
        Counting.copied += len(part)
        return part


@pytest.mark.parametrize("text", ['{"a": 1}\n', '{"a": 1}', '{"a": 1} {'])
def test_a_stream_of_json_is_copied_once(text: str) -> None:
    for size in (100, 1000):
        stream = Counting(text * size)
        Counting.copied = 0
        json_in.pieces(stream)
        assert 0 < Counting.copied <= len(stream)


def test_redaction_copies_a_text_a_fixed_number_of_times() -> None:
    redact.remember(["planted-value-one", "planted-value-two"])
    try:
        for size in (100, 1000):
            text = Counting("a: planted-value-one planted-value-\n" * size)
            Counting.copied = 0
            assert "planted-value-one" not in redact.redact(text)
            # Each place is compared by its first characters, and then by the known lengths.
            assert len(text) <= Counting.copied <= 10 * len(text)
    finally:
        redact.forget()


def test_a_glob_is_compiled_once_however_many_files_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """fnmatch keeps 256 patterns, fewer than a config may hold."""
    compiled = 0
    compile_ = re.compile

    def counted(*given: Any) -> re.Pattern[str]:
        nonlocal compiled
        compiled += 1
        return compile_(*given)

    place = Place(file="a.yaml", text="a: 1", mark=Mark(1, 1, 3))
    stated = [
        Suppression(rule, "meant", place=place, kind="config", path=f"once-{n}/**")
        for n in range(config.MAX_PATHS)
        for rule in RULES
    ]
    found = []
    for n in range(300):
        finding = PROBE.finding("slow", Place(file=f"{n}.yaml", text="a: 1", mark=Mark(1, 1, 3)))
        places = locate(finding, Texts({}))
        found.append(Located(finding, places, fingerprint(finding, places[0])))
    monkeypatch.setattr(re, "compile", counted)
    files = [f"{n}.yaml" for n in range(300)]
    suppress.apply(found, stated, selection(RULES), TODAY, files)
    assert compiled == config.MAX_PATHS
