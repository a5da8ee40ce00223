"""Findings point at the line that caused them."""

from __future__ import annotations

from pathlib import Path as File

import pytest

from stackgen.findings.locate import Texts, locate, show_file
from stackgen.findings.model import Location, ObjectRef, Place
from stackgen.manifest.document import Mark, Path, Source
from stackgen.manifest.resource import Resource
from stackgen.origin import Origin, Traced, When, flatten
from tests.findings.given import (
    CHIPS,
    LIMIT,
    MODEL,
    POOL,
    PROBE,
    RENDERED,
    WHOLE_HOST,
    foreign,
    service,
    source,
    traced,
    whole_host,
)

TEXTS = Texts.of([source()])
OBJECT = ObjectRef("LLMInferenceService", "llm", "qwen2-3b-pattern1", "serving.kserve.io")


def spots(locations: tuple[Location, ...]) -> list[tuple[str, str, int, int]]:
    return [(x.role, x.file, x.line, x.column) for x in locations]


def test_rendered_value_leads_to_its_spec_line_and_the_rendered_one() -> None:
    found = locate(whole_host(), TEXTS)
    assert spots(found) == [
        ("primary", "stack.yaml", 9, 16),
        ("secondary", "stack.yaml", 5, 58),
        ("rendered", RENDERED, 14, 27),
    ]
    assert found[0] == Location(
        "primary", "stack.yaml", 9, 16, 17, "spec.serving.models[0].chips", OBJECT, "2 chips",
        "        chips: 2",
    )  # fmt: skip
    assert found[1].note == "this host has 4"
    assert found[2].path == 'spec.template.containers[0].resources.limits["google.com/tpu"]'
    assert found[2].object == OBJECT


def test_mark_covers_the_whole_spec_value() -> None:
    finding = WHOLE_HOST.finding("m", Place(service(), ("metadata", "name")))
    primary = locate(finding, TEXTS)[0]
    assert (primary.line, primary.column, primary.end_column) == (8, 15, 32)


def test_deepest_spec_path_is_primary_and_the_rest_explain() -> None:
    finding = WHOLE_HOST.finding("m", Place(service(), LIMIT))
    found = locate(finding, TEXTS)
    assert [(x.role, x.path, x.note) for x in found[:2]] == [
        ("primary", "spec.serving.models[0].chips", ""),
        ("secondary", "spec.cluster.nodePools[0].topology", "also decides it"),
    ]


def test_value_a_layer_decides_leads_to_the_line_that_names_the_object() -> None:
    path = ("spec", "template", "containers", 0, "startupProbe", "failureThreshold")
    found = locate(PROBE.finding("m", Place(service(), path)), TEXTS)
    assert spots(found)[0] == ("primary", "stack.yaml", 8, 15)
    assert found[1].role == "rendered"


def test_default_leads_to_the_nearest_written_field() -> None:
    default = Traced(1, Origin("default", "replicas", path=(*CHIPS[:4], "replicas")))
    pool = traced((*POOL, "name"))
    flat = flatten(
        {"kind": "K", "pool": pool, "chips": traced(CHIPS), "replicas": default},
        Origin("rule", "r"),
    )
    resource = Resource(flat.data, "out/k.yaml", "l", flat.origins)
    found = locate(PROBE.finding("m", Place(resource, ("replicas",))), TEXTS)
    assert spots(found)[0] == ("primary", "stack.yaml", 9, 16)


def test_left_out_value_leads_to_the_condition() -> None:
    off = Traced(False, traced(CHIPS).origin)
    flat = flatten({"kind": "K", "a": {"b": 1, "c": When(off, 2)}}, Origin("rule", "r"))
    resource = Resource(flat.data, "out/k.yaml", "l", flat.origins, flat.absent)
    found = locate(PROBE.finding("m", Place(resource, ("a", "c"))), TEXTS)
    assert spots(found) == [("primary", "stack.yaml", 9, 16), ("rendered", "out/k.yaml", 3, 1)]


def test_without_any_spec_line_the_rendered_file_is_primary() -> None:
    flat = flatten({"kind": "K", "a": 1}, Origin("rule", "r"))
    resource = Resource(flat.data, "out/k.yaml", "l", flat.origins)
    found = locate(PROBE.finding("m", Place(resource, ("a",))), TEXTS)
    assert spots(found) == [("primary", "out/k.yaml", 3, 4)]


def test_foreign_manifest_is_its_own_source() -> None:
    resource = foreign("kind: Pod\nmetadata: {name: web}\nspec:\n  hostNetwork: true\n")[0]
    finding = PROBE.finding("m", Place(resource, ("spec", "hostNetwork"), note="here"))
    assert locate(finding, Texts({})) == (
        Location(
            "primary", "k8s/app.yaml", 4, 16, 20, "spec.hostNetwork",
            ObjectRef("Pod", "", "web"), "here", "  hostNetwork: true",
        ),
    )  # fmt: skip


def test_key_and_missing_path_in_a_foreign_manifest() -> None:
    resource = foreign("kind: Pod\nspec:\n  hostNetwork: true\n")[0]
    key = locate(PROBE.finding("m", Place(resource, ("spec", "hostNetwork"), key=True)), Texts({}))
    assert spots(key) == [("primary", "k8s/app.yaml", 3, 3)]
    missing = locate(PROBE.finding("m", Place(resource, ("spec", "a", "b"))), Texts({}))
    assert spots(missing) == [("primary", "k8s/app.yaml", 2, 1)]
    assert missing[0].path == "spec.a.b"


@pytest.mark.parametrize(
    ("path", "marked"),
    [
        ((), (3, 9, 12, "web")),
        (("metadata",), (2, 1, 9, "metadata")),
        (("spec", "containers"), (5, 3, 13, "containers")),
        (("spec", "containers", 0), (6, 7, 11, "name")),
        (("spec", "containers", 0, "image"), (6, 7, 11, "name")),
        (("spec", "containers", 0, "name"), (6, 13, 16, "app")),
        (("spec", "containers", 0, "args", 1), (7, 18, 20, "-b")),
        (("spec", "containers", 0, "args", 2), (7, 7, 11, "args")),
        (("spec", "containers", 1), (5, 3, 13, "containers")),
        (("spec", "limits"), (8, 3, 9, "limits")),
        (("status", "x"), (3, 9, 12, "web")),
    ],
)
def test_what_is_underlined(path: Path, marked: tuple[int, int, int, str]) -> None:
    text = (
        "kind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n"
        "    - name: app\n      args: [-a, -b]\n  limits: {cpu: 1}\n"
    )
    (found,) = locate(PROBE.finding("m", Place(foreign(text)[0], path)), Texts({}))
    word = found.excerpt[found.column - 1 : found.end_column - 1]
    assert (found.line, found.column, found.end_column, word) == marked


def test_object_without_name_is_underlined_at_its_first_key() -> None:
    (found,) = locate(PROBE.finding("m", Place(foreign("kind: Pod\n")[0])), Texts({}))
    assert (found.line, found.column, found.end_column) == (1, 1, 5)


def test_two_places_on_rendered_objects() -> None:
    finding = WHOLE_HOST.finding(
        "m", Place(service(), LIMIT, note="asks"), Place(service(), ("metadata", "name"), note="me")
    )
    assert [(x.role, x.line, x.note) for x in locate(finding, TEXTS)] == [
        ("primary", 9, "asks"),
        ("secondary", 8, "me"),
        ("rendered", 14, "asks"),
        ("rendered", 5, "me"),
    ]


def test_text_place_without_mark_is_the_whole_file() -> None:
    finding = PROBE.finding("m", Place(file="values.yaml"))
    assert locate(finding, Texts({})) == (Location("primary", "values.yaml"),)


def test_finding_without_places_has_no_locations() -> None:
    assert locate(PROBE.finding("m"), TEXTS) == ()
    assert locate(PROBE.finding("m", Place()), TEXTS) == ()


@pytest.mark.parametrize("text", ["a: 1\r\nb: 2\r\n", "a: 1\nb: 2\n", "a: 1\nb: 2"])
def test_excerpt_has_no_line_break(text: str) -> None:
    finding = PROBE.finding("m", Place(file="s.yaml", text=text, mark=Mark(2, 4, 5)))
    assert locate(finding, Texts({}))[0].excerpt == "b: 2"


def test_files_below_the_working_directory_are_relative(
    tmp_path: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert show_file(str(tmp_path / "a" / "b.yaml")) == "a/b.yaml"
    assert show_file("a/b.yaml") == "a/b.yaml"
    assert show_file("/elsewhere/b.yaml") == "/elsewhere/b.yaml"


def test_model_name_constant_matches_the_stack() -> None:
    assert traced(MODEL).value == "qwen2-3b-pattern1"


def test_a_line_of_any_document_is_shown_without_its_secrets() -> None:
    text = (
        "kind: Secret\nstringData:\n  a: swordfish\n---\nkind: Pod\nspec: {}\n---\n{\n"
        "---\ntoken: bl4ck\n"
    )
    texts = Texts.of([Source("many.yaml", text)])
    shown = [texts.line("many.yaml", number) for number in range(12)]
    assert shown == ["", "kind: Secret", "stringData:", "  a: *********", "---", "kind: Pod",
                     "spec: {}", "---", "{", "---", "token: *****", ""]  # fmt: skip
