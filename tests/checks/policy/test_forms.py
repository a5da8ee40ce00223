"""Objects that differ in names only: the verdict on one of them is that on the others."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from stackgen.checks.policy import evaluate
from stackgen.checks.policy.forms import form_of
from tests.checks.policy.test_pack import spoilt_documents
from tests.checks.policy.test_policies import FILES, context_of
from tests.checks.policy.test_rego import whole_pack
from tests.checks.policy.test_silent import OBJECTS, told

# What a policy may know, or read more from than a name.
NAMES = [
    "kube-system", "default", "cluster-admin", "latest", "config-llm-a", "sk-" + "a" * 24, "none",
    "glpat-" + "a" * 24, "vllm", "sidecar", "main", "${A}", "{{ .a }}", "1", "12345", "a.b:latest",
    "registry/vllm/vllm-openai:v1", "registry/web:nightly", "HF_TOKEN", "xoxb-" + "a" * 24, "name",
]  # fmt: skip


def verdicts(document: Any) -> tuple[Any, Any]:
    """What all policies say of an object: of its form, and of the object as it is."""
    text = json.dumps(document)
    form = form_of(document.get("kind"), document, text)
    engine = whole_pack("{}")
    engine.give_text(f"[{form.text},{text}]")
    of_form, as_it_is = engine.value("data.entry.each")
    return form.restored(of_form), as_it_is


def renamed(value: Any, names: Iterator[str]) -> Any:
    """The object with other texts at the places that hold names, and at others."""
    if isinstance(value, list):
        return [renamed(item, names) for item in value]
    if not isinstance(value, dict):
        return value
    text = {key for key, item in value.items() if isinstance(item, str)} - {"kind", "apiVersion"}
    return {k: next(names) if k in text else renamed(x, names) for k, x in value.items()}


def test_the_verdict_on_a_form_is_that_on_the_object() -> None:
    documents = [r.data for file in FILES for r in context_of(file).bundle.objects]
    documents += [data for some in spoilt_documents(seed=9) for data in some][:60]
    forms = 0
    for document in [*documents, *OBJECTS]:
        of_form, as_it_is = verdicts(document)
        assert of_form == as_it_is, document
        forms += form_of(document.get("kind"), document, json.dumps(document)).names != ()
    assert forms > len(documents) / 2


def test_an_object_on_which_policies_stop_has_names_as_well() -> None:
    document = {"kind": "Pod", "metadata": {"name": "web-1"}}
    form = form_of("Pod", document, json.dumps(document))
    assert form.names
    answer = {evaluate.STOPPED: "recursion limit exceeded"}
    assert form.restored(answer) == answer


def test_names_that_policies_know_stay() -> None:
    for shift in range(0, len(NAMES), 3):
        for document in OBJECTS:
            names = iter((NAMES[shift:] + NAMES) * 40)
            of_form, as_it_is = verdicts(renamed(copy.deepcopy(document), names))
            assert of_form == as_it_is, (shift, document["kind"])


def test_the_value_of_a_secret_is_no_name() -> None:
    values = {"image": "web:v1", "serviceAccountName": "none", "name": "abcd"}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "stringData": values}
    of_form, as_it_is = verdicts(secret)
    assert of_form == as_it_is
    assert '"none"' in form_of("Secret", secret, json.dumps(secret)).text


def test_objects_that_differ_in_names_are_judged_once(monkeypatch: Any) -> None:
    asked: list[int] = []
    each = evaluate.each
    monkeypatch.setattr(
        evaluate, "each", lambda job: asked.append(len(job["documents"])) or each(job)
    )
    service = next(one for one in OBJECTS if one["kind"] == "Deployment")
    alike = [json.loads(json.dumps(service).replace("x0", f"x{n}")) for n in range(9)]
    found = told(alike)
    assert asked == [1]
    assert sum("registry.example.com/web:x7 is not pinned by digest" in one for one in found) == 1


def test_an_object_with_many_names_is_judged_as_it_is() -> None:
    labels = {f"a{n}": f"b{n}" for n in range(1000)}
    one = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "labels": labels}}
    assert form_of("Pod", one, json.dumps(one)).names == ()


@pytest.mark.parametrize(
    ("name", "replaced"),
    [("my-gateway", 1), ("gateway-sidecar", 1), ("gke-a", 0), ("web", 1), ("gate-way", 1)],
)
def test_parts_that_policies_look_for_stay(name: str, replaced: int) -> None:
    policy: dict[str, Any] = {
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": name},
        "spec": {
            "podSelector": {"matchLabels": {"istio": name}}, "policyTypes": ["Ingress"],
            "ingress": [{"ports": [{"port": 443}]}],
        },
    }  # fmt: skip
    of_form, as_it_is = verdicts(policy)
    assert of_form == as_it_is
    assert bool(as_it_is["deny"]) == ("gateway" not in name)
    form = form_of("NetworkPolicy", policy, json.dumps(policy))
    assert form.names == (name,) * replaced
