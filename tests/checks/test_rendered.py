"""What a stack renders, judged as anyone's manifests: it has the findings that `build` has."""

from __future__ import annotations

from typing import Any

import pytest

from stackgen.checks import registry
from stackgen.checks.context import Context
from stackgen.compiler import Compiled
from stackgen.findings.model import Finding, Severity
from stackgen.manifest.environments import environments
from stackgen.manifest.resource import Bundle, Resource
from tests.stacks import of_one_model

ISTIO = {
    "namespace": "gateway",
    "exposure": "internal",
    "listeners": [{"name": "http", "port": 80}],
}
ENVOY = {**ISTIO, "class": "envoy"}
GKE = {**ISTIO, "class": "gke-l7-rilb", "proxyOnlySubnet": "10.129.0.0/23"}
POOL = {"accelerator": "v6e", "topology": "2x4"}
STACKS = {
    "istio and KServe": ("kserve-0.21", ISTIO),
    "envoy and KServe": ("kserve-0.21", ENVOY),
    "istio and llm-d": ("llm-d-0.9", ISTIO),
    "envoy and llm-d": ("llm-d-0.9", ENVOY),
    "gke and llm-d": ("llm-d-0.9", GKE),
    "istio and llm-d-infra-xks": ("llm-d-infra-xks-0.15", ISTIO),
}

# The specs pin no images and models, and name no Secret for registry.redhat.io.
ACCEPTED = {"supply-image-digest", "supply-model-revision-pinned", "pod-pull-secret"}


@pytest.fixture(scope="module")
def stacks() -> dict[str, Compiled]:
    return {name: of_one_model(release, way, POOL) for name, (release, way) in STACKS.items()}


def alone(compiled: Compiled) -> list[Resource]:
    """The rendered objects, without what the build knows of them."""
    assert compiled.bundle is not None
    return [Resource(r.data, r.file, index=r.index) for r in compiled.bundle.resources]


def told(findings: list[Finding]) -> set[str]:
    return {
        f"{f.rule.id}: {f.message}"
        for f in findings
        if (f.rule.severity if f.severity is None else f.severity) is not Severity.INFO
    }


def linted(objects: list[Resource], release: str) -> set[str]:
    return told(registry.run(Context(Bundle(tuple(objects)), release=release)))


@pytest.mark.parametrize("name", STACKS)
def test_lint_finds_what_the_spec_leaves_open_alone(name: str, stacks: dict[str, Compiled]) -> None:
    objects = alone(stacks[name])
    assert len(environments(Bundle(tuple(objects)))) == 1
    assert {one.partition(":")[0] for one in linted(objects, STACKS[name][0])} <= ACCEPTED


def changed(compiled: Compiled, kind: str, name: str, spec: dict[str, Any]) -> list[Resource]:
    found = alone(compiled)
    (at,) = (i for i, r in enumerate(found) if (r.kind, r.name) == (kind, name))
    found[at] = Resource({**found[at].data, "spec": spec}, found[at].file)
    return found


def test_a_closed_port_of_the_proxies_of_envoy_gateway_is_an_error(
    stacks: dict[str, Compiled],
) -> None:
    """The control of the test above: the same objects with the port of the listener."""
    spec = {
        "podSelector": {},
        "policyTypes": ["Ingress"],
        "ingress": [{"ports": [{"protocol": "TCP", "port": 80}]}],
    }
    more = changed(stacks["envoy and KServe"], "NetworkPolicy", "allow-gateway", spec)
    found = linted(more, "kserve-0.21")
    assert any("gateway/inference-gateway: from clients (TCP 10080)" in one for one in found)


def test_a_picker_with_a_certificate_has_to_be_verified(stacks: dict[str, Compiled]) -> None:
    compiled = stacks["istio and llm-d"]
    found = alone(compiled)
    (rule,) = (r for r in found if r.kind == "DestinationRule")
    (picker,) = (r for r in found if (r.kind, r.name) == ("Deployment", "qwen-picker"))
    spec: Any = picker.data["spec"]
    inner = spec["template"]["spec"]
    main = {**inner["containers"][0], "args": [*inner["containers"][0]["args"], "--cert-path=/c"]}
    template = {**spec["template"], "spec": {**inner, "containers": [main]}}
    more = changed(compiled, "Deployment", "qwen-picker", {**spec, "template": template})
    message = f"istio-tls-verification: the certificate of {rule.data['spec']['host']} is not"
    assert any(one.startswith(message) for one in linted(more, "llm-d-0.9"))
    without = [r for r in found if r is not picker]
    assert any(one.startswith(message) for one in linted(without, "llm-d-0.9")), (
        "what it does is not known"
    )
