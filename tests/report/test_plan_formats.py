"""A plan as Markdown and as HTML: every figure of the text, and nothing that could run."""

from __future__ import annotations

import os
import re
from html.parser import HTMLParser

import pytest

from stackgen.plan.estimate import estimate
from stackgen.report import plan_text, renderer
from stackgen.report.plan_facts import Planned, model_cells
from stackgen.report.style import style_for
from tests.plan.planning import compiled

STYLE = style_for(None, "never", os.environ)  # type: ignore[arg-type]
EVIL = ("error", "some-rule", "<script>alert(1)</script> [x](http://evil) `code` @someone | cell")


@pytest.fixture(scope="module")
def planned() -> Planned:
    found = compiled("spec: {cluster: {location: us-south1-a}}\n")
    assert found.plan is not None
    return Planned(found.plan, estimate(found.plan, found.catalog), (EVIL,), 1)


def _rendered(form: str, planned: Planned, explained: str = "") -> str:
    return renderer("plan", form)([planned], [], [], [explained] if explained else [], STYLE)


class _Page(HTMLParser):
    """Tags, cells and text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert not any(name.startswith("on") or name in ("src", "href") for name, _ in attrs)
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("form", ["markdown", "html"])
def test_every_figure_of_the_text_is_in_the_page(form: str, planned: Planned) -> None:
    page = _rendered(form, planned)
    shown = _Page(page).text if form == "html" else page.replace("\\", "")
    for model in planned.plan.models:
        for cell in model_cells(model).values():
            assert cell in shown
    said = plan_text.plan_text(planned, STYLE)
    for heading in re.findall(r"^[A-Z]{4,}", said, re.MULTILINE):
        if heading not in ("WHY", "FINDINGS"):
            assert heading in shown
    assert "1 finding suppressed in the spec" in shown
    assert "no on-demand price of n1-standard-4 in us-south1" in shown


def test_markup_in_a_message_is_text(planned: Planned) -> None:
    page = _rendered("html", planned)
    assert "script" not in _Page(page).tags
    assert "<script>alert(1)</script>" in _Page(page).text
    assert "default-src 'none'" in page
    text = _rendered("markdown", planned)
    assert "<script>" not in text
    assert "[x](" not in text
    assert "&#64;&#8203;someone" in text


@pytest.mark.parametrize("form", ["markdown", "html"])
def test_how_the_values_are_computed_is_folded_below(form: str, planned: Planned) -> None:
    page = _rendered(form, planned, "a = 1\n</details><b>x")
    assert "How the values are computed" in page
    assert "<b>" not in page.replace("    </details><b>x", "")
    assert "How the values" not in _rendered(form, planned)


@pytest.mark.parametrize("form", ["markdown", "html"])
def test_a_comparison_shows_the_figures_that_change(form: str, planned: Planned) -> None:
    pool = "{name: tpu, nodes: {max: 3}}"
    other = compiled(f"spec: {{cluster: {{location: us-south1-a, nodePools: [{pool}]}}}}\n")
    assert other.plan is not None
    after = Planned(other.plan, estimate(other.plan, other.catalog))
    page = renderer("plan", form)([], [(planned, after)], ["tpu.nodes.max=3"], [], STYLE)
    assert "tpu.nodes.max=3" in page.replace("\\", "")
    assert "total, max nodes: USD/day" in page.replace("\\", "")
    assert "Nothing changes" in renderer("plan", form)([], [(planned, planned)], [], [], STYLE)


def test_explain_has_every_column_of_every_table_down_to_a_source(planned: Planned) -> None:
    explained = dict(plan_text.origins(planned))
    model, pool = planned.plan.models[0].spec.name.value, planned.plan.pools[1].spec.name.value
    named = {
        "TP": "tensor parallelism",
        "weights (GiB)": "weights (GiB)",
        "startup budget": "startup probe failures",
    }
    for column in model_cells(planned.plan.models[0]):
        assert f"{model}: {named.get(column, column)}" in explained, column
    for figure in ("machine type", "min nodes", "max nodes", "CPUs per node", "GiB per node"):
        assert f"{pool}: {figure}" in explained
    for name in (pool, "boot disks", "total"):
        assert {f"{name}: min USD per hour", f"{name}: max USD per hour"} <= set(explained)
    assert {"load balancer: USD per hour", "cluster fee: USD per hour"} <= set(explained)
    for title, origin in explained.items():
        for leaf in origin.leaves():
            assert leaf.kind != "catalog" or (leaf.source and leaf.as_of), title
