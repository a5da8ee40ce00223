"""How the shipped policies are run: malformed documents, depth, severities, headers."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from stackgen.checks.context import Context
from stackgen.checks.policy import headers, pack, pass_shipped
from stackgen.checks.policy.engine import Engine
from stackgen.facts.pod_templates import workload_kinds
from stackgen.findings.model import Finding
from stackgen.manifest.resource import Bundle, Resource
from tests.checks.families import rules_of
from tests.checks.policy.test_policies import FILES, context_of

ODD: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1.5,
    "",
    "text",
    [],
    [None],
    ["a", 1],
    {},
    {"a": "b"},
    [[]],
    [{"name": 1}],
)


def findings(*documents: dict[str, Any], **more: Any) -> list[Finding]:
    resources = tuple(Resource(d, f"{i}.yaml") for i, d in enumerate(documents))
    return list(pass_shipped.check(Context(Bundle(resources), **more)))


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, (*path, key))
    if isinstance(value, list):
        for index, inner in enumerate(value):
            yield from places(inner, (*path, index))


def spoilt(document: dict[str, Any], path: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    result = copy.deepcopy(document)
    here: Any = result
    for step in path[:-1]:
        here = here[step]
    here[path[-1]] = value
    return result


def spoilt_documents(seed: int) -> Iterator[list[dict[str, Any]]]:
    """The documents of every case, each with two values replaced by some of another type."""
    choice = random.Random(seed)
    for file in FILES:
        documents = []
        for resource in context_of(file).bundle.objects:
            document = resource.data
            for _ in range(2):
                where = [p for p in places(document) if p and p[0] not in ("kind", "apiVersion")]
                document = spoilt(document, choice.choice(where), choice.choice(ODD))
            documents.append(document)
        yield documents


def test_values_of_the_wrong_type_stop_no_policy() -> None:
    sets = list(spoilt_documents(seed=1))
    found = [f for documents in sets for f in findings(*documents)]
    assert [f.message for f in found if f.rule is pass_shipped.NOT_EVALUATED] == []
    assert len(sets) > 100


def test_a_document_that_cannot_be_judged_is_an_error_and_hides_nothing() -> None:
    deep: dict[str, Any] = {}
    inner = deep
    for _ in range(300):
        inner["a"] = {}
        inner = inner["a"]
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "n"}}
    bad = {**pod, "spec": {"hostNetwork": True}}
    found = findings({"apiVersion": "v1", "kind": "ConfigMap", "data": deep}, bad)
    assert found[0].rule is pass_shipped.NOT_EVALUATED
    assert "pods-no-host-namespaces" in {f.rule.id for f in found}


def with_limits(documents: Sequence[Any], limits: pass_shipped.Limits) -> list[Finding]:
    resources = tuple(Resource(d, f"{i}.yaml") for i, d in enumerate(documents))
    return list(pass_shipped.check(Context(Bundle(resources)), limits))


def test_another_process_finds_the_same() -> None:
    documents = [d for some in spoilt_documents(seed=3) for d in some][:150]
    documents += [{"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": 10**5000}}]
    here = with_limits(documents, pass_shipped.Limits())
    assert with_limits(documents, pass_shipped.Limits(documents=0)) == here
    assert len(here) > 100


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"documents": 1, "seconds": 0.0}, "the policies took longer than 0 s"),
        ({"size": 100, "seconds": 0.0}, "the policies took longer than 0 s"),
        ({"documents": 1, "memory": 2**25}, "the policies stopped with status"),
    ],
)
def test_what_is_too_much_is_not_evaluated(more: dict[str, Any], reason: str) -> None:
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "n"}}
    found = with_limits([pod, {**pod, "spec": {}}], pass_shipped.Limits(**more))
    assert [f.rule for f in found] == [pass_shipped.NOT_EVALUATED] * 2
    assert [f.message.partition(": ")[0] for f in found] == [
        "policies on each document", "policies on the whole set stopped",
    ]  # fmt: skip
    assert all(reason in f.message for f in found)


def test_a_warning_of_an_error_rule_is_a_warning() -> None:
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}}
    (finding,) = findings(service)
    assert (finding.rule.id, str(finding.rule.severity)) == ("gitops-namespace-explicit", "error")
    assert str(finding.level) == "warning"


def test_an_info_rule_stays_info() -> None:
    pool = {
        "apiVersion": "inference.networking.k8s.io/v1",
        "kind": "InferencePool",
        "metadata": {"name": "p", "namespace": "n"},
        "spec": {"endpointPickerRef": {"failureMode": "FailOpen"}},
    }
    (finding,) = findings(pool)
    assert str(finding.level) == "info"


def test_files_that_kustomize_reads_are_not_judged() -> None:
    data = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}}
    bundle = Bundle((Resource(data, "kustomization.yaml", index=True),))
    assert list(pass_shipped.check(Context(bundle))) == []


def test_the_libraries_know_the_workload_kinds_of_the_python_rules() -> None:
    names = headers.libraries()
    engine = Engine((n, Path(pack.paths.policies(n)).read_text(encoding="utf-8")) for n in names)
    kinds = workload_kinds()
    assert engine.value("data.lib.workloads.templates") == {
        f"{group}/{kind}": [list(path) for path, _ in row.templates]
        for (group, kind), row in kinds.items()
    }
    tasks = {f"{g}/{k}" for (g, k), row in kinds.items() if row.runs == "task" and k != "Pod"}
    assert set(engine.value("data.lib.workloads.tasks")) == tasks - {"/PodTemplate"}
    replicated = {
        f"{group}/{kind}"
        for (group, kind), row in kinds.items()
        if row.replicas == ("spec", "replicas") and not row.group_size
    }
    assert set(engine.value("data.lib.workloads.replicated")) == replicated


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("package main\n", "no METADATA"),
        ("# METADATA\n# title: x\npackage main\n", "no `custom`"),
        ("# METADATA\n# title: x\n# custom: {severity: error}\n", "missing"),
        ("# METADATA\n# title: [\n", "not YAML"),
    ],
)
def test_a_header_that_says_too_little_is_refused(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "x.rego"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(headers.HeaderError, match=message):
        headers.read("x", str(file))


def test_title_and_severity_are_those_of_the_page(tmp_path: Path) -> None:
    text = Path(headers.policy("avail-pdb").file).read_text(encoding="utf-8")
    file = tmp_path / "avail-pdb.rego"
    for changed in (
        text.replace("severity: warning", "severity: error"),
        text.replace("title: Node", "title: Every node"),
    ):
        assert changed != text
        file.write_text(changed, encoding="utf-8")
        with pytest.raises(headers.HeaderError, match=r"are not those of docs/rules/avail-pdb\.md"):
            headers.read("avail-pdb", str(file))


def test_every_policy_has_a_page_and_every_page_a_policy() -> None:
    pages = {rule.id for rule in rules_of("policy")}
    assert {policy.rule.id for policy in pack.policies()} == pages - {
        "policy-not-evaluated",
        "policy-without-effect",
    }
