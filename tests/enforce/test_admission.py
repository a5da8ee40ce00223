"""ValidatingAdmissionPolicies: form, conditions, literals."""

from __future__ import annotations

from typing import Any

import pytest

from stackgen.enforce import admission, export
from stackgen.enforce.model import Settings
from tests.enforce import engines

HOST = "pods-no-host-namespaces"


def of(rule_id: str, **given: Any) -> dict[str, Any]:
    (policy,) = export.selected([rule_id])
    return admission.policy_of(admission.parts(policy)[0], Settings(**given))


def pod(namespace: str, **metadata: Any) -> dict[str, Any]:
    meta = {"name": "p", "namespace": namespace, **metadata}
    spec = {"hostNetwork": True, "containers": []}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}


@pytest.mark.parametrize(
    ("namespace", "passes"),
    [
        ("serving", True), ("kube-system", False), ("gke-managed-cim", False),
        ("istio-system", False), ("my-istio-system", True), ("kubernetes-apps", True),
    ],
)  # fmt: skip
def test_the_platform_is_left_alone(namespace: str, passes: bool) -> None:
    assert engines.passes(of(HOST), pod(namespace)) is passes


def test_objects_without_a_namespace_are_judged() -> None:
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "metadata": {"name": "r"}}
    assert engines.passes(of("rbac-no-wildcards"), {**role, "kind": "ClusterRole"})


def test_only_named_namespaces() -> None:
    policy = of(HOST, namespaces=("a", "b"))
    assert [engines.passes(policy, pod(n)) for n in ("a", "b", "c")] == [True, True, False]


def test_what_a_controller_made_is_judged_on_request_alone() -> None:
    owned = pod("n", ownerReferences=[{"kind": "ReplicaSet", "name": "r", "controller": True}])
    assert not engines.passes(of(HOST), owned)
    assert engines.passes(of(HOST, include_owned=True), owned)
    assert engines.passes(of(HOST), pod("n", ownerReferences=[{"kind": "Node", "name": "x"}]))


@pytest.mark.parametrize(
    "value",
    [
        {}, [], "text", 'with "quotes" and \\ and {{ braces }}', 3, True, None,
        {"a": {"b": [1, "two", {"c": False}]}, "d-e": "é"},
    ],
)  # fmt: skip
def test_a_literal_means_what_it_says(value: Any) -> None:
    assert engines.cel(admission.literal(value), {}, {}) == value


@pytest.mark.parametrize(
    ("enforcement", "actions"), [("deny", ["Deny"]), ("warn", ["Warn"]), ("dryrun", ["Audit"])]
)
def test_the_binding_says_what_happens(enforcement: Any, actions: list[str]) -> None:
    (policy,) = export.selected([HOST])
    (part,) = admission.parts(policy)
    binding = admission.binding(part, Settings(enforcement))
    assert binding["spec"] == {
        "policyName": "pods-no-host-namespaces.stackgen.dev", "validationActions": actions,
    }  # fmt: skip


def test_variables_stand_after_what_they_need() -> None:
    for policy in export.choose(export.selected(()), "vap", {"allowedRegistries": []})[0]:
        for part in admission.parts(policy):
            known: set[str] = set()
            for variable in admission.policy_of(part, Settings())["spec"]["variables"]:
                needed = set(admission.model.used(variable["expression"], _ALL))
                assert needed <= known, (policy.rule.id, variable["name"])
                known.add(variable["name"])


_ALL = ("profile", "servesTLS", *admission.model.shared_variables())


def test_messages_fit_on_one_line() -> None:
    """The API server drops a message with line breaks and shows the plain one instead."""
    (told,) = engines.messages(of(HOST), pod("n"))
    assert told == "the pod shares the node's namespace: hostNetwork is true"
