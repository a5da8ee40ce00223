"""The HTML page: every name is text, nothing comes from a network, and all can read it."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stackgen.catalog.rows import Row
from stackgen.cli.report import _section
from stackgen.compiler import compile_environment
from stackgen.findings.model import Finding, Place
from stackgen.findings.pipeline import Options, Outcome, conclude
from stackgen.findings.rules import all_rules
from stackgen.findings.select import selection
from stackgen.manifest.document import Mark
from stackgen.report.page import MARK, Section, render
from tests.review.given import edit, spec_only
from tests.test_hostile_names import HOSTILE, TWIN

VOID = {"meta", "input", "br", "wbr"}
RULE = all_rules()["schema-annotation"]


class _Page(HTMLParser):
    """Elements with their attributes, in order, and the text of each heading."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def all(self, name: str) -> list[dict[str, str]]:
        return [attributes for tag, attributes in self.elements if tag == name]


def _outcome(*findings: Finding) -> Outcome:
    options = Options(selection(all_rules(), (), ()))
    return conclude(findings, options, documents=1, today=date(2026, 1, 1))


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Section:
    """Production with some traffic, as the command reads it."""
    root = str(spec_only(tmp_path_factory.mktemp("page") / "stack"))
    load = "replicas: 2, traffic: {requestsPerSecond: 6, inputTokens: 1000, outputTokens: 500}"
    edit(Path(root), {"overlays/prod/stack.yaml": [("replicas: 2", load)]})
    compiled = compile_environment(root, "prod", prove=False)
    finding = RULE.finding(
        "a `name`: wrong", Place(file="a.yaml", text="a: 1\n", mark=Mark(1, 1, 2))
    )
    return _section(root, compiled, _outcome(finding))


@pytest.fixture(scope="module")
def page(stack: Section) -> str:
    return render("shop", [replace(stack, env="dev"), stack])


def test_the_page_has_each_part_of_each_environment(page: str) -> None:
    headings = re.findall(r'<h3 id="(env-\w+)-(\w+)">', page)
    parts = ["architecture", "models", "pools", "network", "rollout", "findings", "sources"]
    assert headings == [(env, part) for env in ("env-dev", "env-prod") for part in parts]


def test_figures_are_those_of_the_plan(page: str) -> None:
    assert "<dt>KV cache (GiB)</dt><dd>102.8</dd>" in page
    assert "6 requests/s of 1,000 + 500 tokens, on 2 replicas" in page
    assert '<th scope="row">TTFT p95</th>' in page and "<td>estimated</td>" in page
    assert re.search(r'<tr data-filter class="total"><th scope="row">total, max nodes</th>', page)


def test_the_path_of_a_request_has_the_ports_of_the_flows(page: str) -> None:
    ways = re.findall(r'<span class="way"><span>(.*?)</span>.*?<span class="(\w+)">', page)
    assert ways == [(port, "good") for port in ("TCP 80", "TCP 9002", "TCP 8000")] * 2


def test_the_page_is_closed_and_its_ids_are_unique(page: str) -> None:
    found = _Page(page)
    assert found.open == []
    ids = Counter(a["id"] for _, a in found.elements if "id" in a)
    assert [name for name, count in ids.items() if count > 1] == []
    links = [a["href"] for a in found.all("a")]
    assert len(links) > 20 and [x for x in links if not x.startswith("#") or x[1:] not in ids] == []
    described = [a[k] for _, a in found.elements for k in ("aria-labelledby",) if k in a]
    assert described and [x for x in described if x not in ids] == []


def test_the_page_needs_no_network(page: str) -> None:
    found = _Page(page)
    for _, attributes in found.elements:
        assert not {"src", "srcset", "action", "data", "poster"} & attributes.keys()
    assert not re.search(r"@import|url\(|fetch\(|XMLHttpRequest|<link|<iframe|<base", page)
    (policy,) = [a["content"] for a in found.all("meta") if "http-equiv" in a]
    assert policy.startswith("default-src 'none'; ")


def test_only_its_own_script_may_run(page: str) -> None:
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src &#39;sha256-{digest}&#39;" in page or f"'sha256-{digest}'" in page
    assert not [a for _, a in _Page(page).elements if any(k.startswith("on") for k in a)]


def test_the_page_can_be_read_aloud(page: str) -> None:
    found = _Page(page)
    assert found.all("html") == [{"lang": "en"}] and len(found.all("main")) == 1
    levels = [int(tag[1]) for tag, _ in found.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    for attributes in found.all("svg"):
        assert "role" in attributes or attributes.get("aria-hidden") == "true"
    assert len(found.all("caption")) == len(found.all("table"))
    assert all("scope" in a for a in found.all("th"))
    scrolls = [a for _, a in found.elements if a.get("class") in ("scroll", "map")]
    assert scrolls and all(a["tabindex"] == "0" and a["aria-label"] for a in scrolls)


def _luminance(color: str) -> float:
    full = color[1:] if len(color) == 7 else "".join(c * 2 for c in color[1:])
    parts = [int(full[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [x / 12.92 if x <= 0.03928 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_text_has_the_contrast_of_wcag_in_light_dark_and_print(page: str) -> None:
    schemes = re.findall(r":root \{(.*?)\}", page, re.DOTALL)
    maps = re.findall(r"\.netmap\{(--page.*?)\}", page)
    assert len(schemes) == 3 and len(maps) % 3 == 0
    for scheme in schemes:
        colors = dict(re.findall(r"--(\w+): (#\w+)", scheme))
        for back in ("page", "card"):
            for text in ("ink", "soft", "link", "error", "warning", "info", "good"):
                assert _contrast(colors[text], colors[back]) >= 4.5, (text, back)
            for part in ("weights", "reserve", "cache"):
                assert _contrast(colors[part], colors[back]) >= 3, (part, back)
    for scheme in maps:
        colors = dict(re.findall(r"--(\w+):(#\w+)", scheme))
        for back in ("page", "outside", "platform", "workload"):
            for text in ("ink", "soft"):
                assert _contrast(colors[text], colors[back]) >= 4.5, (text, back)


def test_the_same_stack_gives_the_same_page(stack: Section, page: str) -> None:
    assert render("shop", [replace(stack, env="dev"), stack]) == page


def test_dates_of_sources_have_their_limit_for_the_age(page: str) -> None:
    times = _Page(page).all("time")
    assert len(times) > 20
    assert {a["data-limit"] for a in times} == {"90", "365"}
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", a["datetime"]) for a in times)


def _named(name: str) -> Section:
    """A section in which `name` is wherever a name can be."""
    mark = Mark(1, 1, 2)
    place = Place(file=name, text=f"x{name}\n", mark=mark, note=name)
    found = RULE.finding(name, place, impact=name, remedy=name)
    row = Row(name, name, {}, name, "2026-01-01", {name: name})
    return Section(name, _outcome(found), rows=(row,))


def _shape(text: str) -> list[tuple[str, list[str]]]:
    """The elements with the names of their attributes; long names are broken into parts."""
    found = [(tag, sorted(attributes)) for tag, attributes in _Page(text).elements]
    return [one for one in found if one[0] not in ("wbr", "code", "br")]


SHAPE = _shape(render(TWIN, [_named(TWIN)]))


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_name_is_text(what: str) -> None:
    text = render(HOSTILE[what], [_named(HOSTILE[what])])
    assert _shape(text) == SHAPE
    assert text.replace("\n", "").isprintable()


@settings(max_examples=15)
@given(name=st.text(min_size=1, max_size=40))
def test_any_name_is_text(name: str) -> None:
    text = render(name, [_named(name)])
    assert _shape(text) == SHAPE
    (policy,) = re.findall("http-equiv=.*", text)
    assert policy in render(TWIN, [])


def test_long_lists_are_cut_and_say_so(stack: Section) -> None:
    assert stack.network is not None
    proofs = stack.network.proofs
    many = replace(stack, network=replace(stack.network, proofs=proofs * (600 // len(proofs) + 1)))
    text = render("shop", [many])
    count = len(proofs) * (600 // len(proofs) + 1)
    assert f"<summary>{count} of {count} flows are as the stack needs them</summary>" in text
    assert f"<p>{count - 500} more: <code>stackgen net prove</code> shows them.</p>" in text
    assert "stackgen net list</code> shows them" not in text


def test_a_spec_with_errors_has_its_findings(stack: Section) -> None:
    text = render("shop", [Section("dev", stack.outcome)])
    assert re.findall(r'<h3 id="env-dev-(\w+)">', text) == ["findings"]
    assert "<code>name</code>: wrong" in text and "<pre>1 | a: 1\n" in text
    assert MARK in text[:200]
