"""Policies of the user's that apply to nothing are reported, where they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackgen.checks.context import Context
from stackgen.checks.policy import custom
from stackgen.findings.model import Finding
from stackgen.manifest.resource import Bundle, Resource

SERVICE = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}}
MINE = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "servicez.example.com"},
    "spec": {"names": {"kind": "Servicez"}},
}
GOOD = 'package main\nimport rego.v1\ndeny contains "x" if input.kind == "Service"\n'


def found(folder: Path, *documents: object, **files: str) -> list[Finding]:
    for name, text in files.items():
        file = folder / (name.replace("__", "/") + ".rego")
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    resources = tuple(Resource(d, "a.yaml") for d in (SERVICE, *documents))  # type: ignore[arg-type]
    context = Context(Bundle(resources), policies=(str(folder),))
    return [f for f in custom.check(context) if f.rule.id.startswith("policy-")]


@pytest.mark.parametrize(
    "condition",
    [
        'input.kind == "Servise"',
        '"Servise" == input.kind',
        'input["kind"] == "Servise"',
        'input.kind in {"Pod", "Servise"}',
        'input.kind in ["Servise"]',
        'input.kind = "Servise"',
        'input.spec; x := {1}; x == {y | y := 1; input.kind == "Servise"}',
        'some d in input; d.contents.kind == "Servise"',
        'not input.kind == "Servise"',
    ],
)
def test_a_misspelled_kind_is_found_at_its_place(tmp_path: Path, condition: str) -> None:
    line = f'deny contains "x" if {{ {condition} }}'
    (one,) = found(tmp_path, own=f"package main\nimport rego.v1\n{line}\n")
    assert one.rule.id == "policy-without-effect"
    assert one.message == 'there is no kind "Servise"; did you mean "Service"?'
    place = one.places[0]
    assert place.file.endswith("own.rego")
    assert place.mark is not None
    assert (place.mark.line, place.mark.column) == (3, line.index('"Servise"') + 1)


@pytest.mark.parametrize("kind", ["Service", "NetworkPolicy", "QuiteAnotherThing", "Servicez"])
def test_kinds_that_may_occur_are_not_reported(tmp_path: Path, kind: str) -> None:
    own = f'package main\nimport rego.v1\ndeny contains "x" if input.kind == "{kind}"\n'
    assert found(tmp_path, MINE, own=own) == []


def test_other_texts_are_no_kinds(tmp_path: Path) -> None:
    own = 'package main\nimport rego.v1\ndeny contains "x" if input.metadata.name == "Servise"\n'
    assert found(tmp_path, own=own) == []


@pytest.mark.parametrize(
    ("own", "names"),
    [
        ('package main\nimport rego.v1\ndenies contains "x" if true\n', "denies"),
        ("package main\nimport rego.v1\n", "none at all"),
    ],
)
def test_a_policy_without_a_rule_that_counts_is_found(tmp_path: Path, own: str, names: str) -> None:
    (one,) = found(tmp_path, own=own, good=GOOD.replace("main", "other"))
    assert one.message == (
        f"package main has no rule deny, violation or warn ({names}), and no other policy uses it: "
        "it applies to nothing"
    )


def test_libraries_are_in_use_when_a_policy_uses_them(tmp_path: Path) -> None:
    library = "package lib.kubernetes\nimport rego.v1\nname(x) := x.metadata.name\n"
    using = (
        "package main\nimport rego.v1\nimport data.lib.kubernetes as k8s\n"
        'deny contains "x" if k8s.name(input) == "b"\n'
    )
    assert found(tmp_path, own=using, lib__kubernetes=library) == []
    (one,) = found(tmp_path, own=GOOD)
    assert one.places[0].file.endswith("kubernetes.rego")
