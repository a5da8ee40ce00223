"""What the server refuses in custom resources, category by category."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import yaml

from stackgen.schema.engine import validate
from stackgen.schema.store import SchemaCatalog
from tests.schema.given import Widgets, judged

ROUTE = """
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: chat, namespace: serving}
spec:
  parentRefs: [{name: inference, namespace: gateways}]
  rules:
    - matches: [{path: {type: PathPrefix, value: /v1}}]
      backendRefs: [{name: chat, port: 8000}]
"""
SERVICE = """
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: chat, namespace: serving}
spec:
  model: {uri: "hf://org/model", name: org/model}
  replicas: 2
  template:
    containers:
      - name: main
        ports: [{containerPort: 8000}]
        resources: {limits: {google.com/tpu: 4, memory: 16Gi}}
"""
GATEWAY = """
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: inference, namespace: gateways}
spec:
  gatewayClassName: istio
  listeners:
    - {name: http, port: 80, protocol: HTTP}
    - {name: tls, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: cert}]}}
"""
DOCUMENTS = {"route": ROUTE, "service": SERVICE, "gateway": GATEWAY}
REMOVED = object()


def changed(name: str, path: str, value: Any) -> dict[str, Any]:
    """A document with another value at a dotted path, digits for positions."""
    document: dict[str, Any] = copy.deepcopy(yaml.safe_load(DOCUMENTS[name]))
    here: Any = document
    steps = [int(p) if p.isdigit() else p for p in path.split(".")]
    for step in steps[:-1]:
        here = here[step]
    if value is REMOVED:
        del here[steps[-1]]
    elif isinstance(here, list) and steps[-1] == len(here):
        here.append(value)
    else:
        here[steps[-1]] = value
    return document


def rules(document: Any) -> list[str]:
    return [p.rule for p in validate(document, catalog=SchemaCatalog())]


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_sound_documents_have_no_problem(name: str) -> None:
    assert judged(DOCUMENTS[name]) == []


CORS = {"type": "CORS", "cors": {"allowOrigins": ["*", "https://a.example.com"]}}
REFUSED = [
    ("route", "spec.rule", [], "schema-unknown-field"),
    ("route", "spec.rules.0.backendRefs.0.prt", 1, "schema-unknown-field"),
    ("route", "metadata.label", {}, "schema-unknown-field"),
    ("service", "spec.replicas", "2", "schema-wrong-type"),
    ("service", "spec.replicas", 2.5, "schema-wrong-type"),
    ("service", "spec.replicas", True, "schema-wrong-type"),
    ("service", "spec.model", [], "schema-wrong-type"),
    ("service", "spec.template.containers", {}, "schema-wrong-type"),
    ("service", "metadata.labels", {"a": 1}, "schema-wrong-type"),
    ("service", "metadata.name", 5, "schema-wrong-type"),
    ("gateway", "spec.gatewayClassName", REMOVED, "schema-missing-field"),
    ("gateway", "spec.listeners.0.port", REMOVED, "schema-missing-field"),
    ("gateway", "spec.listeners.0.allowedRoutes", {"namespaces": {"from": "any"}}, "schema-enum"),
    ("gateway", "spec.listeners.0.port", 0, "schema-range"),
    ("gateway", "spec.listeners.0.port", 65536, "schema-range"),
    ("service", "spec.replicas", 2**31, "schema-range"),
    ("service", "spec.replicas", 2**63, "schema-range"),
    ("gateway", "spec.listeners", [], "schema-length"),
    ("gateway", "spec.gatewayClassName", "", "schema-length"),
    ("route", "spec.hostnames", ["a.example.com"] * 17, "schema-length"),
    ("route", "spec.hostnames", ["A.example.com"], "schema-pattern"),
    ("service", "spec.template.containers.0.resources.limits.memory", "16GB", "schema-quantity"),
    ("service", "spec.template.containers.0.resources.limits.memory", "Gi", "schema-quantity"),
    ("service", "spec.template.containers.0.resources.limits.memory", 2.5, "schema-wrong-type"),
    ("gateway", "spec.listeners.1.name", "http", "schema-duplicate-item"),
    ("gateway", "metadata.name", "Inference", "schema-name"),
    ("gateway", "metadata.name", None, "schema-name"),
    ("gateway", "metadata.labels", {"a b": "c"}, "schema-label"),
    ("gateway", "metadata.labels", {"a": "b/c"}, "schema-label"),
    ("gateway", "metadata.annotations", {"a/b/c": "d"}, "schema-annotation"),
    ("gateway", "metadata.annotations", {"a": "b" * 300_000}, "schema-annotation"),
    ("gateway", "metadata.creationTimestamp", "yesterday", "schema-format"),
    ("gateway", "metadata.ownerReferences", [{"kind": "A"}], "schema-missing-field"),
    ("route", "spec.hostnames", [None], "schema-null"),
    ("gateway", "spec.gatewayClassName", None, "schema-missing-field"),
    ("route", "spec.rules.0.backendRefs.0.port", REMOVED, "schema-cross-field"),
    ("route", "spec.rules.0.matches.0.path.value", "v1", "schema-cross-field"),
    ("route", "spec.rules.0.filters", [CORS], "schema-cross-field"),
    ("route", "spec.rules.0.timeouts", {"request": "1s", "backendRequest": "2s"},
     "schema-cross-field"),
    ("route", "spec.parentRefs.1", {"name": "inference", "namespace": "gateways"},
     "schema-cross-field"),
    ("gateway", "spec.listeners.0.tls", {}, "schema-cross-field"),
    ("gateway", "spec.listeners.1.tls", {"mode": "Terminate"}, "schema-cross-field"),
    ("route", "apiVersion", "gateway.networking.k8s.io/v9", "schema-unknown-kind"),
    ("route", "kind", "HTTPRout", "schema-unknown-kind"),
    ("route", "kind", REMOVED, "schema-missing-field"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "path", "value", "rule"), REFUSED)
def test_refused(name: str, path: str, value: Any, rule: str) -> None:
    assert rule in rules(changed(name, path, value))


ACCEPTED = [
    ("service", "spec.replicas", 3.0),
    ("service", "spec.replicas", None),
    ("service", "spec.template.containers.0.resources.limits.memory", "-1Gi"),
    ("service", "spec.template.containers.0.resources.limits.memory", 5),
    ("service", "spec.template.containers.0.ports.0.containerPort", 70000),
    ("service", "spec.template.containers.0.resources.requests", {"google.com/tpu": 8}),
    ("gateway", "metadata.labels", {"a": None, "b": ""}),
    ("gateway", "metadata.annotations", {"Example.com/a": "any text\n"}),
    ("gateway", "metadata.generateName", "inference-"),
    ("gateway", "metadata.finalizers", ["example.com/hold"]),
    ("gateway", "status", {"addresses": [{"value": 5}]}),
    ("route", "spec.rules.0.timeouts", {"request": "0s", "backendRequest": "2s"}),
    ("route", "spec.rules.0.backendRefs.0", {"group": "x.io", "kind": "Pool", "name": "p"}),
    ("route", "spec.hostnames", ["*.example.com"]),
]


@pytest.mark.parametrize(("name", "path", "value"), ACCEPTED)
def test_accepted(name: str, path: str, value: Any) -> None:
    assert rules(changed(name, path, value)) == []


def test_defaults_count_before_duplicates() -> None:
    ports = [{"containerPort": 8000}, {"containerPort": 8000, "protocol": "TCP"}]
    document = changed("service", "spec.template.containers.0.ports", ports)
    assert rules(document) == ["schema-duplicate-item"]


def test_a_whole_number_with_a_point_breaks_rules_that_read_it() -> None:
    document = changed("route", "spec.rules.0.backendRefs.0.port", 8000.0)
    assert rules(document) == ["schema-cross-field"]


def test_rules_between_fields_wait_until_their_own_part_holds() -> None:
    document = changed("route", "spec.rules.0.matches.0.path.value", "v1")
    document["spec"]["hostnames"] = 5
    assert rules(document) == ["schema-wrong-type", "schema-cross-field"]
    document["spec"]["rules"][0]["matches"][0]["path"]["type"] = 5
    assert "schema-cross-field" not in rules(document)


def test_unknown_fields_of_a_status_are_found() -> None:
    document = changed("gateway", "status", {"adresses": []})
    assert rules(document) == ["schema-unknown-field"]


def test_the_document_is_not_changed() -> None:
    document = yaml.safe_load(SERVICE)
    before = copy.deepcopy(document)
    validate(document, catalog=SchemaCatalog())
    assert document == before


def test_every_problem_is_told_in_order_of_path() -> None:
    document = changed("gateway", "spec.listeners.0.port", "80")
    document["spec"]["gatewayClass"] = "x"
    document["metadata"]["name"] = "A"
    assert rules(document) == ["schema-name", "schema-unknown-field", "schema-wrong-type"]


def test_messages_say_what_is_wrong_and_what_is_allowed() -> None:
    document = changed("service", "spec.replica", 2)
    document["spec"]["replicas"] = "1"
    unknown, wrong = validate(document, catalog=SchemaCatalog())
    assert unknown.message == 'unknown field "replica" (did you mean "replicas"?)'
    assert unknown.key
    assert wrong.message == 'replicas is "1" (text); an integer is needed'
    assert wrong.path == ("spec", "replicas")


def test_an_immutable_field_is_compared_with_the_earlier_document() -> None:
    text = "apiVersion: gateway.networking.k8s.io/v1\nkind: GatewayClass\nmetadata: {name: a}\n"
    old, new = (text + f"spec: {{controllerName: example.com/{n}}}\n" for n in ("a", "b"))
    assert judged(new) == []
    assert judged(old, previous=old) == []
    assert [p.rule for p in judged(new, previous=old)] == ["schema-immutable"]


def test_a_release_row_has_its_own_versions() -> None:
    document = SERVICE.replace("v1alpha1", "v1alpha2")
    assert judged(document) == []
    (problem,) = judged(document, release="llm-d-infra-xks-0.15")
    assert problem.rule == "schema-unknown-kind"
    assert "v1alpha1" in problem.message


def test_what_is_not_installed_is_not_certain() -> None:
    (problem,) = judged("{apiVersion: example.org/v1, kind: Thing, metadata: {name: a}}")
    assert (problem.rule, problem.certain) == ("schema-unknown-kind", False)
    (problem,) = judged("{apiVersion: apps/v1, kind: Deploymnt, metadata: {name: a}}")
    assert problem.certain
    assert '"Deployment"' in problem.message
    for kind, certain in (("Catalog", False), ("ConfigMpa", True), ("Deployment", True)):
        (problem,) = judged(f"{{apiVersion: v1, kind: {kind}, metadata: {{name: a}}}}")
        assert (problem.rule, problem.certain) == ("schema-unknown-kind", certain)


def test_supported_releases_serve_earlier_versions_of_some_kinds() -> None:
    (problem,) = judged(
        "{apiVersion: admissionregistration.k8s.io/v1beta1, kind: MutatingAdmissionPolicy}"
    )
    assert (problem.rule, problem.certain) == ("schema-unknown-kind", False)
    (problem,) = judged("{apiVersion: policy/v1beta1, kind: PodDisruptionBudget}")
    assert (problem.rule, problem.certain) == ("schema-unknown-kind", True)


@pytest.mark.parametrize(
    ("kind", "hint"),
    [("EnvoyProxy", ""), ("HTTPFilter", ""), ("SecurityPolice", '"SecurityPolicy"')],
)
def test_a_kind_that_only_looks_like_a_known_one_is_not_guessed(kind: str, hint: str) -> None:
    text = f"{{apiVersion: gateway.envoyproxy.io/v1alpha1, kind: {kind}, metadata: {{name: a}}}}"
    (problem,) = judged(text)
    assert problem.message.partition("did you mean ")[2].partition("?")[0] == hint


def test_a_group_without_a_dot_is_that_of_the_server() -> None:
    """No custom resource can be in such a group, so that a removed one is certain."""
    (gone,) = judged("{apiVersion: extensions/v1beta1, kind: Ingress, metadata: {name: a}}")
    assert gone.certain
    assert gone.message == "the API server has no group extensions; Ingress is in networking.k8s.io"
    (other,) = judged("{apiVersion: skaffold/v4, kind: Config, metadata: {name: a}}")
    assert not other.certain


def test_the_items_of_a_list_are_judged_each() -> None:
    text = "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap}\n"
    (problem,) = judged(text)
    assert problem.path == ("items", 0, "metadata", "name")


@pytest.mark.parametrize("document", [None, [], "text", 5])
def test_other_things_than_objects_are_refused(document: Any) -> None:
    assert rules(document) == ["schema-wrong-type"]


def test_metadata_of_embedded_objects(tmp_path: Any) -> None:
    inner = {"type": "object", "x-kubernetes-embedded-resource": True,
             "x-kubernetes-preserve-unknown-fields": True}  # fmt: skip
    widgets = Widgets(tmp_path, {"type": "object", "properties": {"object": inner}})
    sound = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"x": 1}}
    assert widgets.rules({"object": sound}) == []
    assert widgets.rules({"object": {"metadata": {}}}) == ["schema-missing-field"] * 2
    labelled = {**sound, "metadata": {"labels": {"a b": "c"}, "extra": 1}}
    assert widgets.rules({"object": labelled}) == ["schema-unknown-field"]


def test_nothing_may_be_put_into_maps_that_are_not_described(tmp_path: Any) -> None:
    free = {"type": "object", "additionalProperties": True}
    widgets = Widgets(tmp_path, {"type": "object", "properties": {"any": free}})
    assert widgets.rules({"any": {"a": 1, "b": [1, 2]}}) == []
    assert widgets.rules({"any": {"a": {"b": 1}}}) == ["schema-unknown-field"]


def test_a_pattern_that_cannot_be_read_is_reported(tmp_path: Any) -> None:
    text = {"type": "string", "pattern": "(?P<a>x)(?P=a)"}
    widgets = Widgets(tmp_path, {"type": "object", "properties": {"a": text}})
    assert widgets.rules({"a": "x"}) == ["schema-not-evaluated"]
