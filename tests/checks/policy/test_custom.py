"""The user's own policies, by conftest's conventions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stackgen.checks.context import Context
from stackgen.checks.policy import custom
from stackgen.findings.model import Finding
from stackgen.manifest.resource import Bundle, Resource

DOCUMENTS: tuple[dict[str, Any], ...] = (
    {"kind": "Service", "metadata": {"name": "a"}, "spec": {"type": "NodePort"}},
    {"kind": "Service", "metadata": {"name": "b"}, "spec": {"type": "ClusterIP"}},
)


def findings(tmp_path: Path, policy: str, combine: bool = False, **more: Any) -> list[Finding]:
    (tmp_path / "own.rego").write_text(policy, encoding="utf-8")
    resources = [Resource(d, f"dir/{d['metadata']['name']}.yaml") for d in DOCUMENTS]
    return list(custom.run([str(tmp_path)], resources, {}, combine, **more))


def said(found: list[Finding]) -> list[tuple[str, str, str]]:
    return [
        (str(f.level), f.message, f.places[0].resource.name if f.places[0].resource else "")
        for f in found
    ]


def test_texts_and_objects_of_deny_warn_and_violation(tmp_path: Path) -> None:
    policy = """package main
import rego.v1
deny contains "no NodePort" if input.spec.type == "NodePort"
warn_names contains {"msg": sprintf("name %s", [input.metadata.name]), "path": ["metadata", "name"]}
violation contains {"msg": "v", "details": {"x": 1}} if input.metadata.name == "b"
helper := "not a rule that counts"
"""
    found = findings(tmp_path, policy)
    assert said(found) == [
        ("error", "no NodePort", "a"),
        ("warning", "name a", "a"),
        ("warning", "name b", "b"),
        ("error", "v", "b"),
    ]
    assert [f.rule.id for f in found] == [
        "custom-main-deny", "custom-main-warn-names", "custom-main-warn-names",
        "custom-main-violation",
    ]  # fmt: skip
    assert found[1].places[0].path == ("metadata", "name")


def test_exceptions_waive_a_rule_for_a_document(tmp_path: Path) -> None:
    policy = """package main
import rego.v1
deny_type contains "type" if input.spec.type
exception contains ["type"] if input.metadata.name == "a"
"""
    assert said(findings(tmp_path, policy)) == [("error", "type", "b")]


def test_data_files_are_merged_at_the_root(tmp_path: Path) -> None:
    (tmp_path / "limits.yaml").write_text("allowed: {types: [ClusterIP]}\n", encoding="utf-8")
    (tmp_path / "more.json").write_text('{"allowed": {"x": 1}}', encoding="utf-8")
    policy = """package main
import rego.v1
deny contains "type" if { data.allowed.x == 1; not input.spec.type in data.allowed.types }
"""
    assert said(findings(tmp_path, policy)) == [("error", "type", "a")]


def test_all_documents_at_once(tmp_path: Path) -> None:
    policy = """package main
import rego.v1
deny contains sprintf("%d: %s", [count(input), input[1].path])
"""
    assert said(findings(tmp_path, policy, combine=True)) == [("error", "2: dir/b.yaml", "")]


def test_the_name_of_the_file(tmp_path: Path) -> None:
    policy = """package main
import rego.v1
deny contains concat(" in ", [data.conftest.file.name, data.conftest.file.dir])
"""
    assert said(findings(tmp_path, policy))[0] == ("error", "a.yaml in dir", "a")


def test_every_package_counts(tmp_path: Path) -> None:
    policy = 'package team.rules\nimport rego.v1\ndeny contains "x" if input.metadata.name == "a"\n'
    assert [f.rule.id for f in findings(tmp_path, policy)] == ["custom-team-rules-deny"]


EXCEPTION = "package main\nimport rego.v1\ndeny contains 3 if false\nexception"
NOT_A_LIST = "main.exception: a result of exception is not a list of the names of rules"


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ("package main\ndeny contains x if {", ":2:"),
        ("package main\nimport rego.v1\ndeny contains x if { x := unknown(1) }", ":3:"),
        ('package main\nimport rego.v1\ndeny contains x if { x := to_number("z") }', ":3:"),
        ("package main\nimport rego.v1\ndeny if { true }", "is not a set"),
        ('package main\nimport rego.v1\ndeny contains {"message": "x"}', "has no `msg`"),
        ("package main\nimport rego.v1\ndeny contains 3", "has no `msg`"),
        (f"{EXCEPTION} contains [{{}}]", NOT_A_LIST),
        (f"{EXCEPTION} contains [[]]", NOT_A_LIST),
        (f'{EXCEPTION} contains "x"', NOT_A_LIST),
        (f"{EXCEPTION} if {{ true }}", NOT_A_LIST),
    ],
    ids=[
        "syntax",
        "unknown-function",
        "builtin-error",
        "not-a-set",
        "no-msg",
        "number",
        "exception-of-object",
        "exception-of-list",
        "exception-of-string",
        "exception-not-a-set",
    ],
)
def test_what_cannot_be_evaluated_is_an_error(tmp_path: Path, policy: str, message: str) -> None:
    found = findings(tmp_path, policy)
    assert found and {f.rule.id for f in found} == {"policy-not-evaluated"}
    assert all(str(f.level) == "error" for f in found)
    assert message in found[0].message
    assert "backtrace" not in found[0].message.lower()


def test_a_folder_without_policies_is_an_error(tmp_path: Path) -> None:
    found = list(custom.run([str(tmp_path)], [], {}))
    assert [f.rule.id for f in found] == ["policy-not-evaluated"]


def test_endless_work_is_ended(tmp_path: Path) -> None:
    policy = """package main
import rego.v1
many := numbers.range(1, 5000)
deny contains "x" if { some a in many; some b in many; some c in many; a * b * c < 0 }
"""
    found = findings(tmp_path, policy, deadline=2.0)
    assert [f.rule.id for f in found] == ["policy-not-evaluated"]
    assert "longer than 2 s" in found[0].message


def test_a_policy_that_takes_all_memory_is_ended(tmp_path: Path) -> None:
    policy = """package main
import rego.v1
deny contains "x" if count(numbers.range(1, 2000000000)) == 3
"""
    found = findings(tmp_path, policy, memory=400 * 2**20)
    assert [f.rule.id for f in found] == ["policy-not-evaluated"]
    assert "stopped with status" in found[0].message


def test_policies_see_no_environment_network_or_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STACKGEN_CANARY", "seen-by-a-policy")
    policy = """package main
import rego.v1
deny contains json.marshal(opa.runtime())
deny contains "network" if http.send({"method": "get", "url": "http://127.0.0.1:9/"})
"""
    found = findings(tmp_path, policy)
    assert found and all("seen-by-a-policy" not in f.message for f in found)
    assert all(f.message != "network" for f in found)


def test_the_context_names_the_folders(tmp_path: Path) -> None:
    (tmp_path / "own.rego").write_text(
        'package main\nimport rego.v1\ndeny contains "x" if data.stackgen.release == "odh-3.5"\n',
        encoding="utf-8",
    )
    bundle = Bundle((Resource(DOCUMENTS[0], "a.yaml"),))
    context = Context(bundle, release="odh-3.5", policies=(str(tmp_path),))
    assert [f.message for f in custom.check(context)] == ["x"]
    assert list(custom.check(Context(bundle))) == []
