"""Whatever one object calls another is rendered, or known to come from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from stackgen.compiler import Compiled, compile_environment, environments
from stackgen.manifest.resource import Resource
from tests.stacks import ROOT

CASES = ROOT / "tests" / "cases" / "stacks"
STACKS = {
    **{env: (ROOT, env) for env in ("dev", "prod")},
    **{f.name: (f, environments(str(f))[0]) for f in sorted(CASES.iterdir()) if f.is_dir()},
}
# Made by others: (kind, name) and who makes it.
ELSEWHERE = {
    ("Namespace", "kube-system"): "Kubernetes",
    ("Namespace", "flux-system"): "flux bootstrap",
    ("Namespace", "argocd"): "the installation of Argo CD",
    ("Namespace", "gmp-system"): "GKE",
    ("Namespace", "gke-gmp-system"): "GKE",
    ("Namespace", "monitoring"): "whoever installs the Prometheus operator",
    ("Namespace", "lws-system"): "the LWS operator's chart",
    ("Secret", "opendatahub-ca"): "cert-manager, for the Certificate",
    ("ClusterIssuer", "company-ca"): "the user, in tests/cases/stacks/sidecars",
    ("ClusterRole", "system:auth-delegator"): "Kubernetes",
    ("AppProject", "default"): "Argo CD",
    ("ServiceAccount", "collector"): "Managed Prometheus",
    ("ConfigMap", "odh-ca-bundle"): "trust-manager, for the Bundle",
}


@pytest.fixture(scope="module", params=STACKS)
def compiled(request: pytest.FixtureRequest) -> Compiled:
    root, env = STACKS[request.param]
    return compile_environment(str(root), env, prove=False)


@pytest.fixture(scope="module")
def resources(compiled: Compiled) -> tuple[Resource, ...]:
    assert compiled.bundle is not None
    return compiled.bundle.objects


def _of_others(compiled: Compiled) -> set[tuple[str, str, str]]:
    """The namespaces of parts that are in the cluster already."""
    plan = compiled.plan
    assert plan is not None
    spaces = plan.release.value("namespaces").value
    found = {
        spaces["cert_manager"]: plan.managed.cert_manager,
        spaces["istio"]: plan.managed.istio,
        spaces["lws_operator"]: plan.managed.lws,
        plan.release.value("kserve", "namespace").value: plan.managed.serving,
    }
    return {("Namespace", "", name) for name, managed in found.items() if not managed.value}


def _walk(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    yield path, value
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _walk(item, (*path, key))
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from _walk(item, (*path, i))


def _wanted(resource: Resource) -> Iterator[tuple[str, str, str]]:
    """What the object names: kind, namespace ("*" for any, "" for none), name."""
    space = resource.namespace
    if space:
        yield "Namespace", "", space
    for path, value in _walk(resource.data.get("spec", {})):
        last = path[-1] if path else ""
        if last in {"sourceRef", "chartRef"}:
            yield value["kind"], value.get("namespace", space), value["name"]
        elif last == "dependsOn":
            for item in value:
                yield resource.kind, item.get("namespace", space), item["name"]
        elif last in {"secretStoreRef", "issuerRef"}:
            yield value["kind"], "", value["name"]
        elif last == "clusterRef":
            yield "ContainerCluster", space, value["name"]
        elif last == "parametersRef":
            yield value["kind"], space, value["name"]
        elif last == "serviceAccountName":
            yield "ServiceAccount", space, value
        elif last == "imagePullSecrets" and resource.kind not in ("Istio", "IstioCNI"):
            for item in value:
                yield "Secret", space, item["name"]
        elif last == "credentials" and "secret" in value:
            yield "Secret", space, value["secret"]["name"]
        elif last == "gateway" and isinstance(value, dict):
            for ref in value.get("refs", []):
                yield "Gateway", ref["namespace"], ref["name"]
        elif last in ("namespace", "targetNamespace") and isinstance(value, str):
            if value != "*":
                yield "Namespace", "", value
        elif last == "project" and resource.kind in ("Application", "ApplicationSet"):
            yield "AppProject", space, value
    if resource.kind == "ServiceAccount":
        for key in ("secrets", "imagePullSecrets"):
            for item in resource.data.get(key, []):
                yield "Secret", space, item["name"]
    if resource.kind in ("RoleBinding", "ClusterRoleBinding"):
        ref = resource.data["roleRef"]
        yield ref["kind"], space if ref["kind"] == "Role" else "", ref["name"]
        for subject in resource.data["subjects"]:
            yield subject["kind"], subject["namespace"], subject["name"]
    for key, value in resource.metadata.get("annotations", {}).items():
        if key == "kubernetes.io/service-account.name":
            yield "ServiceAccount", space, value


def _there(resources: tuple[Resource, ...]) -> set[tuple[str, str, str]]:
    """What is rendered, and what the rendered objects make."""
    found = {(r.kind, r.namespace, r.name) for r in resources}
    spaces = [r for r in resources if r.kind == "Namespace"]
    for r in resources:
        if r.kind == "ExternalSecret":
            found.add(("Secret", r.namespace, r.get("spec", "target", "name")))
        elif r.kind == "ClusterExternalSecret":
            wanted = r.get("spec", "namespaceSelectors", 0, "matchLabels")
            for space in spaces:
                if wanted.items() <= space.metadata.get("labels", {}).items():
                    secret = r.get("spec", "externalSecretSpec", "target", "name")
                    found.add(("Secret", space.name, secret))
    return found


def test_everything_that_is_named_is_there(
    resources: tuple[Resource, ...], compiled: Compiled
) -> None:
    there = _there(resources) | _of_others(compiled)
    managed = any(r.kind == "ClusterSecretStore" for r in resources)
    missing = []
    count = 0
    for resource in resources:
        for kind, space, name in _wanted(resource):
            count += 1
            if (kind, space, name) in there or (kind, name) in ELSEWHERE:
                continue
            if kind == "Secret" and not managed:
                continue  # secrets.manager: existing
            missing.append(f"{resource.file} names {kind} {space}/{name}")
    assert missing == []
    assert count > 35


def test_no_two_objects_are_one(resources: tuple[Resource, ...]) -> None:
    keys = [(r.group, r.kind, r.namespace, r.name) for r in resources]
    # Flux objects of the two clusters bear one name, each in its own cluster.
    inside = [
        k for k, r in zip(keys, resources, strict=True) if "/management-cluster/" not in r.file
    ]
    assert len(inside) == len(set(inside))


def test_every_file_is_called_after_its_object(resources: tuple[Resource, ...]) -> None:
    for resource in resources:
        name = resource.file.rpartition("/")[2]
        assert name == f"{resource.kind.lower()}-{resource.name}.yaml"


def test_every_object_says_whose_it_is(resources: tuple[Resource, ...]) -> None:
    for resource in resources:
        if "sailoperator.io/ignore" in resource.metadata.get("annotations", {}):
            # istiod's own webhooks, which take an annotation alone.
            assert "labels" not in resource.metadata
            continue
        labels = resource.metadata["labels"]
        assert labels["app.kubernetes.io/managed-by"] == "stackgen"
        assert labels["app.kubernetes.io/part-of"]
