"""The page on options A, B and C: each is built, and compared with what the page says."""

from __future__ import annotations

import copy
import re
from functools import cache
from typing import Any

import pytest
import yaml

from stackgen.bootstrap.files import files
from stackgen.catalog.load import Catalog
from stackgen.compiler import Compiled
from stackgen.findings.model import Severity
from stackgen.platforms.registry import predictions
from tests.sandbox import ROOT
from tests.stacks import build_data

TEXT = (ROOT / "docs" / "options.md").read_text(encoding="utf-8")
CHANGES = dict(re.findall(r"<!-- option: (\w) -->\n```yaml\n(.*?)```", TEXT, re.DOTALL))
CODE = re.compile(r"`([^`]+)`")
# Who else is named in a cell.
OTHERS = {"you", "KServe", "not used"}


def _table(title: str) -> list[list[str]]:
    section = TEXT.partition(f"## {title}\n")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in rows[2:]]


PARTS = [row for row in _table("Who creates what") if CODE.search(row[0])]
SUPPORT = _table("Who supports what")


@cache
def option(name: str) -> Compiled:
    """The reference stack with the fields of the page."""
    data: dict[str, Any] = copy.deepcopy(build_data("prod").loaded.data)
    for part, fields in yaml.safe_load(CHANGES[name]).items():
        data["spec"].setdefault(part, {}).update(fields)
    return build_data("prod", data)


def _names(name: str) -> set[str]:
    bundle = option(name).bundle
    assert bundle is not None
    return {x for r in bundle.objects for x in (r.kind, f"{r.kind}/{r.name}")}


@pytest.mark.parametrize("name", "ABC")
def test_each_option_builds_without_an_error(name: str) -> None:
    findings = [f for f in option(name).findings if f.level is Severity.ERROR]
    # The reference stack accepts these two, with reasons.
    accepted = {"gateway-no-public-http", "gateway-authentication", "supply-image-digest"}
    assert {f.rule.id for f in findings} <= accepted | {"supply-model-revision-pinned"}


@pytest.mark.parametrize("row", PARTS, ids=lambda row: row[0].partition(":")[0])
def test_what_stackgen_creates_is_rendered_and_nothing_else(row: list[str]) -> None:
    wanted = CODE.findall(row[0])
    for name, cell in zip("ABC", row[1:], strict=True):
        assert cell == "stackgen" or cell in OTHERS
        rendered = [one for one in wanted if one in _names(name)]
        assert rendered == (wanted if cell == "stackgen" else []), (name, row[0])


def test_every_kind_of_the_layers_is_in_a_row_or_explained() -> None:
    shown = {one.partition("/")[0] for row in PARTS for one in CODE.findall(row[0])}
    explained = set(CODE.findall(TEXT.partition("<!-- kinds: A -->")[2]))
    plumbing = {
        "ClusterIssuer", "ClusterExternalSecret", "ClusterSecretStore", "OCIRepository",
        "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration",
    }  # fmt: skip
    for name in "BC":
        kinds = {one for one in _names(name) if "/" not in one}
        assert kinds <= shown | explained | plumbing, (name, kinds - shown - explained - plumbing)


def test_option_a_renders_the_kinds_of_the_page_and_no_others() -> None:
    listed = CODE.findall(TEXT.partition("<!-- kinds: A -->")[2].partition("<!-- /kinds -->")[0])
    assert listed == sorted({one for one in _names("A") if "/" not in one})


@pytest.mark.parametrize("name", "ABC")
def test_the_traffic_to_the_servers(name: str) -> None:
    (row,) = [row for row in _table("Who creates what") if row[0].startswith("Traffic")]
    bundle = option(name).bundle
    assert bundle is not None
    (service,) = bundle.of_kind("LLMInferenceService")
    probe = service.get("spec", "template", "containers", 0, "readinessProbe", "httpGet", "scheme")
    assert row["ABC".index(name) + 1] == probe


def _images(name: str) -> str:
    """Every image and chart that an option names or leads to, as text."""
    compiled = option(name)
    assert compiled.bundle is not None and compiled.plan is not None
    release, bundle = compiled.plan.release.row, compiled.bundle
    # The overlay of KServe names images of presets, too, which a model need not use.
    found = [r.text for r in bundle.objects if r.kind not in ("GitRepository", "Kustomization")]
    overlay = "".join(r.text for r in bundle.of_kind("Kustomization"))
    found += re.findall(r"quay.io/opendatahub/kserve-controller", overlay)
    prediction = predictions()["kserve"]
    predict = prediction.objects(bundle, release)
    for service in bundle.of_kind("LLMInferenceService"):
        found += [str(data) for data in predict(service).objects]
    charts = release.data["charts"]
    for chart in ("cert-manager-operator", "sail-operator", "lws-operator"):
        if f"HelmRelease/{chart}" in _names(name):
            found.append(f"{chart} {charts[chart]['registry']}")
    return "\n".join(found)


@pytest.mark.parametrize("row", SUPPORT, ids=lambda row: f"{row[0]} {row[1]}")
def test_each_image_is_used_where_the_page_says(row: list[str]) -> None:
    part, images, _, *marks = row
    chart = {
        "Operators of cert-manager and LeaderWorkerSet": "lws-operator registry",
        "Operator of Istio": "sail-operator registry",
    }.get(part)
    for name, mark in zip("ABC", marks, strict=True):
        for image in CODE.findall(images):
            text = chart + image.removeprefix("registry") if chart else image
            assert (text in _images(name)) == (mark == "x"), (name, image)


def test_the_model_server_is_a_technology_preview() -> None:
    compiled = option("C")
    assert compiled.plan is not None
    (model,) = compiled.plan.models
    row = Catalog().row("image", str(model.image.value))
    assert row is not None and row.data["support"] == "technology-preview"


@pytest.mark.parametrize("row", _table("What is left to a person"), ids=lambda row: row[0])
def test_the_scripts_are_those_of_bootstrap(row: list[str]) -> None:
    compiled = option(row[0])
    assert compiled.plan is not None and compiled.bundle is not None
    readme = files(compiled.plan, compiled.bundle)["README.md"]
    assert CODE.findall(row[1]) == re.findall(r"^   bash (\S+)$", readme, re.MULTILINE)
