"""References between objects of several files and folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackgen.checks.context import Context
from stackgen.manifest.collect import collect
from tests.checks.families import found_by

POD = """
apiVersion: v1
kind: Pod
metadata: {{name: {name}, namespace: models}}
spec:
  serviceAccountName: {account}
  containers: [{{name: main, image: "registry.example.com/main:1.0"}}]
  volumes: [{{name: code, configMap: {{name: code, items: [{{key: {key}, path: main.py}}]}}}}]
"""
CODE = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: code, namespace: models}\n"
ACCOUNT = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: %s, namespace: models}\n"


def found(folder: Path, rule: str, **files: str) -> list[str]:
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(exist_ok=True)
        path.with_suffix(".yaml").write_text(text)
    context = Context(collect([str(folder)]).bundle)
    return [f.message for f in found_by("serving", context) if f.rule.id == rule]


def test_each_file_has_its_own_object_of_a_name(tmp_path: Path) -> None:
    one = POD.format(name="one", account="default", key="one.py")
    two = POD.format(name="two", account="default", key="two.py")
    assert found(
        tmp_path,
        "pod-config-missing",
        one=f"{one}---\n{CODE}data: {{one.py: x}}\n",
        two=f"{two}---\n{CODE}data: {{two.py: x}}\n",
        three=POD.format(name="three", account="default", key="three.py"),
    ) == ["ConfigMap code has no key three.py"]


@pytest.mark.parametrize(("folder", "missing"), [("a", 1), ("b", 0)])
def test_objects_of_another_folder_are_no_evidence(
    tmp_path: Path, folder: str, missing: int
) -> None:
    files = {
        "a__pod": POD.format(name="one", account="runner", key="x"),
        f"{folder}__account": ACCOUNT % "other",
    }
    assert len(found(tmp_path, "reference-missing", **files)) == missing


def test_a_key_of_what_a_controller_makes_is_known(tmp_path: Path) -> None:
    """From an ExternalSecret the keys follow, unless it takes over all of them."""
    head = (
        "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\n"
        "metadata: {name: hf, namespace: models}\n"
    )
    pod = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: one, namespace: models}\nspec:\n"
        "  containers:\n  - name: main\n    image: registry.example.com/main:1.0\n    env:\n"
        "    - {name: TOKEN, valueFrom: {secretKeyRef: {name: hf, key: token}}}\n"
    )
    fixed = head + "spec: {data: [{secretKey: HF_TOKEN, remoteRef: {key: hf}}]}\n"
    taken = head + "spec: {dataFrom: [{extract: {key: hf}}]}\n"
    assert found(tmp_path, "pod-config-missing", one=f"{pod}---\n{taken}") == []
    assert found(tmp_path, "pod-config-missing", one=f"{pod}---\n{fixed}") == [
        'Secret hf has no key token; did you mean "HF_TOKEN"?'
    ]


SET = """
apiVersion: v1
kind: Secret
metadata: {{name: shared, namespace: models{annotations}}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {{name: server-main, namespace: models}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: front, namespace: models{issuer}}}
spec:
  gatewayClassName: istio
  listeners:
  - {{name: web, port: 443, protocol: HTTPS, tls: {{certificateRefs: [{{name: front-tls}}]}}}}
---
apiVersion: v1
kind: Pod
metadata: {{name: one, namespace: models}}
spec:
  serviceAccountName: {account}
  imagePullSecrets: [{{name: shared}}]
  containers: [{{name: main, image: "registry.example.com/main:1.0"}}]
"""


def levels(folder: Path, **given: str) -> list[tuple[str, str]]:
    values = {"annotations": "", "issuer": "", "account": "server-main", **given}
    (folder / "set.yaml").write_text(SET.format(**values))
    context = Context(collect([str(folder)]).bundle)
    return [
        (str(f.level), f.message.removeprefix("nothing in the input provides "))
        for f in found_by("serving", context)
        if f.rule.id == "reference-missing"
    ]


def test_a_slip_of_the_pen_is_an_error_and_a_missing_secret_a_warning(tmp_path: Path) -> None:
    assert levels(tmp_path, account="server-mian") == [
        ("warning", "Secret front-tls in namespace models"),
        (
            "error",
            "ServiceAccount server-mian in namespace models; nothing refers to server-main",
        ),
    ]


def test_what_cert_manager_makes_for_a_gateway_is_not_missing(tmp_path: Path) -> None:
    issuer = ", annotations: {cert-manager.io/cluster-issuer: public}"
    assert levels(tmp_path, issuer=issuer) == []


def test_a_secret_that_is_copied_to_all_namespaces_is_in_each(tmp_path: Path) -> None:
    copied = ', annotations: {reflector.v1.k8s.emberstack.com/reflection-auto-enabled: "true"}'
    (tmp_path / "other.yaml").write_text(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: two, namespace: other}\n"
        'spec: {imagePullSecrets: [{name: shared}], containers: [{name: a, image: "e.com/a:1"}]}\n'
        "---\napiVersion: v1\nkind: Secret\nmetadata: {name: mine, namespace: other}\n"
    )
    missing = ("warning", "Secret shared in namespace other; it is in namespace models")
    assert missing in levels(tmp_path)
    assert missing not in levels(tmp_path, annotations=copied)


def test_samples_with_one_name_are_judged_by_the_one_beside(tmp_path: Path) -> None:
    """Two folders have a Gateway `front`; the route of each is attached to its own."""
    gateway = (
        "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: front}\n"
        "spec: {gatewayClassName: istio, listeners: [{name: %s, port: 80, protocol: HTTP}]}\n"
    )
    route = (
        "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: r}\n"
        "spec: {parentRefs: [{name: front, sectionName: %s}]}\n"
    )
    files = {"a__g": gateway % "one", "a__r": route % "one", "b__g": gateway % "two"}
    assert found(tmp_path, "route-parent-refused", **files, b__r=route % "two") == []
    assert len(found(tmp_path, "route-parent-refused", **files, b__r=route % "one")) == 1


def test_a_slip_shows_even_where_kustomize_changes_the_names(tmp_path: Path) -> None:
    """Other names of such a folder may be those of what Kustomize generates."""
    index = "resources: [one.yaml, account.yaml]\nnamePrefix: team-\ngenerators: [more.yaml]\n"
    (tmp_path / "kustomization.yaml").write_text(index)
    account = ACCOUNT % "runner-account"
    slip = POD.format(name="one", account="runner-acount", key="x")
    assert found(tmp_path, "reference-missing", one=slip, account=account) == [
        (
            "nothing in the input provides ServiceAccount runner-acount in namespace models; "
            "nothing refers to runner-account"
        )
    ]
    other = POD.format(name="one", account="generated", key="x")
    assert found(tmp_path, "reference-missing", one=other, account=account) == []


def test_no_namespace_is_the_namespace_default(tmp_path: Path) -> None:
    account = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: runner}\n"
    pod = POD.format(name="one", account="runner", key="x").replace("models", "default")
    assert found(tmp_path, "reference-missing", one=pod, account=account) == []
    wrong = pod.replace("runner", "walker")
    assert len(found(tmp_path, "reference-missing", one=wrong, account=account)) == 1


RELEASE = """
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: one, namespace: flux-system}
spec:
  interval: 10m
  targetNamespace: models
  chart: {spec: {chart: one, sourceRef: {kind: HelmRepository, name: chart}}}
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata: {name: charts, namespace: flux-system}
spec: {interval: 10m, url: "https://charts.example.com"}
"""


def test_a_finding_says_what_one_sees_of_the_object_that_refers(tmp_path: Path) -> None:
    (tmp_path / "release.yaml").write_text(RELEASE)
    (tmp_path / "set.yaml").write_text(SET.format(annotations="", issuer="", account="server-mian"))
    context = Context(collect([str(tmp_path)]).bundle)
    seen = {
        f.message.split()[5]: f.impact
        for f in found_by("serving", context)
        if f.rule.id == "reference-missing"
    }
    assert seen == {
        "HelmRepository": "The HelmRelease has the condition Ready: False.",
        "ServiceAccount": "The Pod is not created (event FailedCreate).",
    }


def test_a_base_is_judged_with_what_is_applied_with_it(tmp_path: Path) -> None:
    """Kustomizations that show all of their objects hide nothing."""
    (tmp_path / "base").mkdir()
    (tmp_path / "prod").mkdir()
    pod = POD.format(name="one", account="walker", key="x").replace(", namespace: models", "")
    (tmp_path / "base" / "pod.yaml").write_text(pod)
    (tmp_path / "base" / "account.yaml").write_text(
        "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: runner}\n"
    )
    (tmp_path / "base" / "kustomization.yaml").write_text("resources: [pod.yaml, account.yaml]\n")
    index = tmp_path / "prod" / "kustomization.yaml"

    def missing(text: str) -> int:
        index.write_text(text)
        found = found_by("serving", Context(collect([str(tmp_path)]).bundle))
        return sum(f.rule.id == "reference-missing" for f in found)

    assert missing("resources: [../base]\n") == 1
    assert missing("resources: [../base]\nnamePrefix: a-\n") == 1
    assert missing("resources: [../base]\nnamePrefix: a-\ngenerators: [more.yaml]\n") == 0
    assert missing("resources: [../base, https://example.com/more.yaml]\n") == 0
    (tmp_path / "prod" / "more.yaml").write_text(
        "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: walker, namespace: prod}\n"
    )
    assert missing("namespace: prod\nresources: [../base, more.yaml]\n") == 0


def test_keys_of_another_sample_are_not_those_of_this_one(tmp_path: Path) -> None:
    """Unless the input creates the namespace, or the object is in the folder of the Pod."""
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: hf, namespace: models}\n"
    pod = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: one, namespace: models}\nspec:\n"
        '  containers: [{name: a, image: "e.com/a:1", env: [{name: T, valueFrom: '
        "{secretKeyRef: {name: hf, key: token}}}]}]\n"
    )
    secret += "stringData: {other: x}\n"
    space = "apiVersion: v1\nkind: Namespace\nmetadata: {name: models}\n"
    assert found(tmp_path, "pod-config-missing", a__pod=pod, b__secret=secret) == []
    assert len(found(tmp_path, "pod-config-missing", a__pod=pod, a__secret=secret)) == 1
    (tmp_path / "a" / "secret.yaml").unlink()
    assert len(found(tmp_path, "pod-config-missing", a__pod=pod, b__all=space)) == 1


def test_objects_of_two_folders_without_namespace_may_be_in_two(tmp_path: Path) -> None:
    quota = "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: q}\nspec: {hard: {pods: '0'}}\n"
    quota = quota.replace("pods: '0'", "requests.nvidia.com/gpu: '0'")
    pod = (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: one}\nspec: {replicas: 1, "
        "selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, "
        'spec: {containers: [{name: a, image: "e.com/a:1", '
        'resources: {limits: {nvidia.com/gpu: "1"}}}]}}}\n'
    )
    assert found(tmp_path, "quota-exceeded", a__quota=quota, b__pod=pod) == []
    (tmp_path / "kustomization.yaml").write_text("resources: [a/quota.yaml, b/pod.yaml]\n")
    assert len(found(tmp_path, "quota-exceeded")) == 1
