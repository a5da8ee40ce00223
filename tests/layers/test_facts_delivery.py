"""What must hold of how the reference stack is delivered, each with the fact it stands for."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest
import yaml

from stackgen.bootstrap.files import files
from stackgen.catalog.load import Catalog
from stackgen.compiler import compile_environment
from tests.layers.difference import compiled
from tests.layers.reference import ARGO, FLUX, keyed, objects, of
from tests.stacks import ROOT, build_data

pytestmark = pytest.mark.parametrize("env", (FLUX, ARGO))


def _kustomizations() -> list[Any]:
    return [
        r.data for r in objects(FLUX)
        if "/delivery/workload-cluster/" in r.file and r.kind == "Kustomization"
    ]  # fmt: skip


def _paths(env: str) -> dict[str, str]:
    """The path of every step of the workload cluster, by its name."""
    if env == ARGO:
        (found,) = of(env, "ApplicationSet")
        return {e["name"]: e["path"] for e in found["spec"]["generators"][0]["list"]["elements"]}
    return {
        s["metadata"]["name"].removeprefix("llmd-istio-tpu-"): s["spec"]["path"][2:]
        for s in _kustomizations()
    }


def _groups(env: str) -> list[set[str]]:
    """The steps in groups, each of which waits for those before it and for nothing else."""
    if env == ARGO:
        (found,) = of(env, "ApplicationSet")
        return [
            set(step["matchExpressions"][0]["values"])
            for step in found["spec"]["strategy"]["rollingSync"]["steps"]
        ]
    waits = {
        s["metadata"]["name"].removeprefix("llmd-istio-tpu-"): {
            d["name"].removeprefix("llmd-istio-tpu-") for d in s["spec"].get("dependsOn", [])
        }
        for s in _kustomizations()
    }
    groups: list[set[str]] = []
    while waits:
        ready = {name for name, before in waits.items() if not before & waits.keys()}
        assert ready, f"a circle: {waits}"
        groups.append(ready)
        waits = {name: before for name, before in waits.items() if name not in ready}
    return groups


def test_every_step_is_in_one_group(env: str) -> None:
    names = [name for group in _groups(env) for name in group]
    assert len(names) > 8
    assert sorted(names) == sorted(_paths(env))


def test_the_groups_of_argo_cd_are_synced_one_after_another(env: str) -> None:
    if env != ARGO:
        return
    (found,) = of(env, "ApplicationSet")
    strategy, template = found["spec"]["strategy"], found["spec"]["template"]
    assert strategy["type"] == "RollingSync"
    for step in strategy["rollingSync"]["steps"]:
        (match,) = step["matchExpressions"]
        assert match["operator"] == "In"
        assert template["metadata"]["labels"][match["key"]] == "{{.name}}"
    assert template["spec"]["source"]["path"] == "{{.path}}"


def test_every_step_syncs_a_folder_that_is_rendered(env: str) -> None:
    folders = {r.file.rpartition("/")[0] for r in objects(env)}
    paths = _paths(env).values()
    assert set(paths) <= folders
    rendered = {f for f in folders if "/delivery/" not in f and "/1-cluster" not in f}
    applied = {*paths, *_beside_charts(env)}
    assert applied == {f for f in rendered if not f.endswith("/values")}


def _beside_charts(env: str) -> set[str]:
    """Folders whose objects take the place of what a chart renders, synced with it."""
    return {
        source["path"]
        for application in of(env, "Application")
        for source in application["spec"].get("sources", [])[1:]
    }


def test_our_settings_of_istio_take_the_place_of_the_charts_under_argo(env: str) -> None:
    beside = _beside_charts(env)
    assert len(beside) == (env == ARGO)
    for folder in beside:
        files = {r.file for r in objects(env) if r.file.startswith(f"{folder}/")}
        assert files == {f"{folder}/istio-default.yaml"}
        (chart,) = (a for a in of(env, "Application") if "sources" in a["spec"])
        # Of two sources with one object, the later one counts.
        assert [s["path"] for s in chart["spec"]["sources"]] == ["charts/sail-operator", folder]


# What must be healthy before what, and why.
BEFORE = [
    ("namespaces", "5-network", "policies go into namespaces"),
    ("5-network", "kserve", "the controller's pods are under the policies of their namespace"),
    ("5-network", "3-gateway", "the gateway's pods are under default-deny from the start"),
    ("5-network", "4-serving", "the endpoint picker is ready only with its policies"),
    ("sources", "secret-operator", "its chart"),
    ("secret-operator", "secrets", "the kinds of the objects"),
    ("secrets", "operators", "their images need the pull secret"),
    ("operators", "operands", "the kinds of the objects"),
    ("operands", "pki", "cert-manager's webhook"),
    ("operands", "kserve", "it looks for the APIs of Istio and LeaderWorkerSet once, at start"),
    ("pki", "3-gateway", "certificates, and the CA that its Pods mount"),
    ("kserve", "4-serving", "the webhook that checks the services"),
    ("pki", "4-serving", "the CA that signs the certificates of model servers"),
    ("4-serving", "7-smoke-test", "it asks the models"),
    ("3-gateway", "7-smoke-test", "it asks through the gateway"),
]


def test_order_is_what_the_steps_need(env: str) -> None:
    level = {name: number for number, group in enumerate(_groups(env)) for name in group}
    for first, then, why in BEFORE:
        if {first, then} <= level.keys():
            assert level[first] < level[then], f"{first} before {then}: {why}"


def test_policies_and_alerts_wait_for_namespaces_alone(env: str) -> None:
    """A model, an operator or a gateway that is not healthy keeps no policy and no alert back."""
    groups = _groups(env)
    assert groups[0] - {"sources"} == {"namespaces"}
    assert {"5-network", "6-observe"} <= groups[1]


def test_the_chain_is_no_longer_than_the_operators_make_it(env: str) -> None:
    """Namespaces, secret operator, secrets, operators, operands, platform, serving, smoke test."""
    assert len(_groups(env)) == {FLUX: 7, ARGO: 8}[env]  # no smoke test in one


def test_nothing_runs_a_pod_before_the_policies_of_its_namespace(env: str) -> None:
    """The namespaces under default-deny get no pod from a step that may come before 5-network."""
    level = {name: number for number, group in enumerate(_groups(env)) for name in group}
    denied = {
        r.namespace for r in objects(env)
        if r.kind == "NetworkPolicy" and r.get("spec", "podSelector") == {}
    }  # fmt: skip
    assert len(denied) == 2
    paths = {path: name for name, path in _paths(env).items()}
    for resource in objects(env):
        step = paths.get(resource.file.rpartition("/")[0])
        if step is None or level[step] > level["5-network"]:
            continue
        target = resource.get("spec", "targetNamespace") or resource.get(
            "spec", "destination", "namespace"
        )
        assert target not in denied, resource.file
        if resource.namespace in denied:
            assert resource.kind not in ("Deployment", "Job", "LLMInferenceService", "Gateway")


def test_no_object_is_applied_twice(env: str) -> None:
    applied = [
        (r.api_version, r.kind, r.namespace, r.name) for r in objects(env)
        if "/delivery/" not in r.file and "/values/" not in r.file
    ]  # fmt: skip
    assert len(applied) == len(set(applied))


def test_the_two_kustomizations_of_kserve_share_no_object(env: str) -> None:
    """The first deletes the late kinds from its build; the second has Flux skip all others."""
    if env == ARGO:
        return
    first, second = (of(env, "Kustomization", f"kserve-{n}")[0] for n in ("controller", "presets"))
    assert second["spec"]["dependsOn"] == [{"name": "kserve-controller"}]

    def skipped(kind: str, patches: list[Any]) -> bool:
        """Whether the last patch that selects the kind leaves it to others."""
        found = False
        for patch in patches:
            if re.fullmatch(patch["target"]["kind"], kind):
                body = yaml.safe_load(patch["patch"])
                annotations = body["metadata"].get("annotations", {"": "Ignore"})
                found = "Ignore" in annotations.values()
        return found

    kinds = ("CustomResourceDefinition", "Deployment", "Service", "Secret", "Certificate")
    late = ("ValidatingWebhookConfiguration", "LLMInferenceServiceConfig")
    for kind in kinds:
        assert not skipped(kind, first["spec"]["patches"])
        assert skipped(kind, second["spec"]["patches"])
    for kind in late:
        assert skipped(kind, first["spec"]["patches"])
        assert not skipped(kind, second["spec"]["patches"])
    for kind in ("Namespace", "NetworkPolicy"):
        assert skipped(kind, first["spec"]["patches"]) and skipped(kind, second["spec"]["patches"])


def test_sources_are_pinned(env: str) -> None:
    """By commit or version: a branch would change what was proven."""
    for source in of(env, "GitRepository"):
        if source["metadata"]["name"] != "llmd-istio-tpu":  # the user's own
            assert re.fullmatch(r"[0-9a-f]{40}", source["spec"]["ref"]["commit"])
    for source in of(env, "OCIRepository"):
        assert re.fullmatch(r"v?[0-9]+\.[0-9]+\.[0-9]+", source["spec"]["ref"]["tag"])
    for application in of(env, "Application"):
        spec = application["spec"]
        for source in spec.get("sources") or [spec["source"]]:
            revision = source["targetRevision"]
            own = source["repoURL"] == "https://github.com/acme/llm-platform"
            assert own or re.fullmatch(r"[0-9a-f]{40}|v?[0-9]+\.[0-9]+\.[0-9]+", revision)


def test_nothing_of_flux_substitutes_variables(env: str) -> None:
    """It would blank the shell variables in KServe's presets."""
    assert not [r for r in objects(env) if list(keyed(r.data, "postBuild"))]


def test_namespaces_outlive_their_files(env: str) -> None:
    for space in of(env, "Namespace"):
        annotations = space["metadata"]["annotations"]
        keep = {
            "kustomize.toolkit.fluxcd.io/prune": "disabled",
            "argocd.argoproj.io/sync-options": "Prune=false,Delete=false",
        }
        assert keep.items() & annotations.items(), space["metadata"]["name"]


def test_bundles_with_crds_are_not_pruned(env: str) -> None:
    """With a CRD all its objects go: models, certificates, gateways."""
    if env == FLUX:
        inner = [k for k in of(env, "Kustomization") if k["metadata"]["name"].startswith("kserve-")]
        assert len(inner) == 2
        assert not any(k["spec"]["prune"] for k in inner)
        return
    first = [
        (a, a["spec"].get("source") or a["spec"]["sources"][0]) for a in of(env, "Application")
    ]
    charts = [application for application, source in first if "helm" in source]
    bundles = [*charts, *of(env, "Application", "kserve-controller")]
    assert len(bundles) == 6
    assert not any(a["spec"]["syncPolicy"]["automated"]["prune"] for a in bundles)


def test_the_cluster_outlives_its_file(env: str) -> None:
    (cluster,) = of(env, "ContainerCluster")
    annotations = cluster["metadata"]["annotations"]
    assert annotations["cnrm.cloud.google.com/deletion-policy"] == "abandon"
    assert {"kustomize.toolkit.fluxcd.io/prune", "argocd.argoproj.io/sync-options"} & {*annotations}


def _guards(env: str, folder: str) -> dict[tuple[str, str], str]:
    """What Flux asks of each kind of the folder, by group and kind."""
    (step,) = (
        r.data for r in objects(env)
        if r.kind == "Kustomization" and r.get("spec", "path") == f"./out/{env}/{folder}"
    )  # fmt: skip
    return {
        (check["apiVersion"].rpartition("/")[0], check["kind"]): check["current"]
        for check in step["spec"].get("healthCheckExprs", [])
    }


def _kinds_with_conditions(env: str) -> dict[str, set[tuple[str, str]]]:
    """By folder, the kinds that Flux does not wait for by itself, and that have a condition."""
    found: dict[str, set[tuple[str, str]]] = {}
    for r in objects(env):
        row = Catalog().readiness(r.group, r.kind)
        if row is not None and "condition" in row.data and row.data["flux"] != "waits":
            folder = r.file.removeprefix(f"out/{env}/").rpartition("/")[0]
            found.setdefault(folder, set()).add((r.group, r.kind))
    return found


def test_no_kind_counts_as_healthy_before_it_says_so(env: str) -> None:
    """Flux and Argo CD call an object without a status healthy."""
    found = _kinds_with_conditions(env)
    if env == ARGO:
        compiled = compile_environment(str(ROOT), env, prove=False)
        assert compiled.plan is not None and compiled.bundle is not None
        text = files(compiled.plan, compiled.bundle)["argocd/configmap-argocd-cm.yaml"]
        told = {
            tuple(key.removeprefix("resource.customizations.health.").split("_"))
            for key in yaml.safe_load(text)["data"]
        }
        for kind in {kind for kinds in found.values() for kind in kinds} - told:
            row = Catalog().readiness(*kind)
            assert row is not None and row.data["argocd"] == "built-in", kind
        assert ("serving.kserve.io", "LLMInferenceService") in told
        return
    assert {"1-cluster", "3-gateway", "4-serving", "2-platform/pki"} <= found.keys()
    for folder, kinds in found.items():
        assert set(_guards(env, folder)) == kinds, folder
    serving = _guards(env, "4-serving")
    assert "'Ready'" in serving["serving.kserve.io", "LLMInferenceService"]
    assert "'Ready'" in serving["external-secrets.io", "ExternalSecret"]
    secrets = _guards(env, "2-platform/secrets")
    assert "'Ready'" in secrets["external-secrets.io", "ClusterSecretStore"]
    assert "'Ready'" in secrets["external-secrets.io", "ClusterExternalSecret"]
    gateway = _guards(env, "3-gateway")
    assert "'Programmed'" in gateway["gateway.networking.k8s.io", "Gateway"]
    assert "'Synced'" in gateway["trust.cert-manager.io", "Bundle"]
    cluster = _guards(env, "1-cluster")
    for kind in ("ContainerCluster", "ContainerNodePool"):
        assert "'Ready'" in cluster["container.cnrm.cloud.google.com", kind]


def test_the_conditions_of_a_route_are_those_of_all_its_parents(env: str) -> None:
    bundle = compiled("public-https").bundle
    assert bundle is not None
    (step,) = (r.data for r in bundle.objects if r.name == "demo-3-gateway")
    (check,) = (c for c in step["spec"]["healthCheckExprs"] if c["kind"] == "HTTPRoute")
    assert check["inProgress"] == "!has(status.parents)"
    assert check["current"].startswith("size(status.parents) > 0 && status.parents.all(o, o.cond")


def test_every_step_waits_for_its_objects(env: str) -> None:
    if env == ARGO:
        return
    for step in _kustomizations():
        spec = step["spec"]
        assert spec.get("wait") or spec["healthChecks"], step["metadata"]["name"]


def test_a_step_that_is_not_healthy_keeps_its_fix_back_for_minutes_at_most(env: str) -> None:
    """Flux looks at a new commit only once it stops to wait for the one before."""
    if env == ARGO:
        (found,) = of(env, "ApplicationSet")
        applications = [found["spec"]["template"], *of(env, "Application")]
        assert all(a["spec"]["syncPolicy"]["retry"]["refresh"] for a in applications)
        return
    for step in _kustomizations():
        assert step["spec"]["timeout"] == "10m"
        assert step["spec"]["retryInterval"] == "2m"


def test_a_private_repository_is_read_with_the_secret_that_the_spec_names(env: str) -> None:
    """In both clusters: the delivery objects own the source, and must not remove the access."""
    data = copy.deepcopy(build_data(env).loaded.data)
    data["spec"]["delivery"]["secret"] = "git-access"
    bundle = build_data(env, data).bundle
    assert bundle is not None
    sources = [
        r.data["spec"] for r in bundle.objects
        if r.kind == "GitRepository" and r.name == "llmd-istio-tpu"
    ]  # fmt: skip
    assert len(sources) == (2 if env == FLUX else 0)
    assert all(spec["secretRef"] == {"name": "git-access"} for spec in sources)
    assert not any("secretRef" in s["spec"] for s in of(env, "GitRepository"))


def test_the_status_that_an_operator_reads_comes_from_its_chart(env: str) -> None:
    """kustomize-controller removes a status from what it applies; Helm and Argo CD do not."""
    assert not of(env, "Infrastructure")
    for release in of(env, "HelmRelease", "cert-manager-operator"):
        (renderer,) = release["spec"]["postRenderers"]
        kinds = {patch["target"]["kind"] for patch in renderer["kustomize"]["patches"]}
        assert kinds == {"CertManager", "Namespace", "Secret"}
    assert not [r for r in objects(env) if "status" in r.data]


def test_a_crd_that_others_may_have_installed_is_not_replaced(env: str) -> None:
    if env == FLUX:
        (release,) = of(env, "HelmRelease", "lws-operator")
        assert {release["spec"][action]["crds"] for action in ("install", "upgrade")} == {"Create"}
        (release,) = of(env, "HelmRelease", "sail-operator")
        assert release["spec"]["upgrade"]["crds"] == "CreateReplace"
        return
    (application,) = of(env, "Application", "lws-operator")
    assert {
        "group": "apiextensions.k8s.io", "kind": "CustomResourceDefinition",
        "name": "servicemonitors.monitoring.coreos.com", "jsonPointers": ["/spec"],
    } in application["spec"]["ignoreDifferences"]  # fmt: skip
    assert "RespectIgnoreDifferences=true" in application["spec"]["syncPolicy"]["syncOptions"]


def test_cluster_and_pools_outlive_their_delivery_object(env: str) -> None:
    if env == FLUX:
        (step,) = of(env, "Kustomization", "llmd-istio-tpu-1-cluster")
        assert step["spec"]["deletionPolicy"] == "Orphan"
        return
    (application,) = of(env, "Application", "llmd-istio-tpu-cluster-1-cluster") or of(
        env, "Application", "llmd-istio-tpu-1-cluster"
    )
    assert "finalizers" not in application["metadata"]
