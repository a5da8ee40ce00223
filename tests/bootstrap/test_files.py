"""What `stackgen bootstrap` writes: accepted by the checks, and about folders that are there."""

from __future__ import annotations

import copy
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from stackgen.bootstrap.files import files
from stackgen.compiler import compile_environment
from stackgen.manifest.yaml_in import parse
from tests.kubectl import kustomize, needs_kubectl
from tests.program import stackgen
from tests.stacks import ROOT, build_data

CASES = ROOT / "tests" / "cases" / "stacks"
STACKS = {
    "flux": (ROOT, "prod"),
    "argocd": (ROOT, "dev"),
    **{n: (CASES / n, "default") for n in ("option-a", "sops", "reflector", "argocd-parts")},
}


def made_by(name: str) -> dict[str, str]:
    root, env = STACKS[name]
    compiled = compile_environment(str(root), env, prove=False)
    assert compiled.plan is not None and compiled.bundle is not None
    return files(compiled.plan, compiled.bundle.objects)


def _object(text: str) -> Any:
    (document,) = parse(text, "file")
    assert not document.problems
    return document.data


@pytest.mark.parametrize("name", STACKS)
def test_the_files_pass_the_checks(name: str, tmp_path: Path) -> None:
    made = made_by(name)
    for file, text in made.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(text)
    run = stackgen("lint", ".", "--release", "llm-d-infra-xks-0.15", cwd=tmp_path)
    assert run.code == 0, run.out
    assert "no findings" in run.out


@needs_kubectl
@pytest.mark.parametrize("name", ["flux", "argocd"])
def test_kustomize_applies_each_folder(name: str, tmp_path: Path) -> None:
    for file, text in made_by(name).items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(text)
    for index in tmp_path.rglob("kustomization.yaml"):
        listed = _object(index.read_text())["resources"]
        assert len(parse(kustomize(index.parent), "out")) == len(listed)


@pytest.mark.parametrize("name", STACKS)
def test_each_root_syncs_a_folder_of_delivery_objects(name: str) -> None:
    root, env = STACKS[name]
    bundle = compile_environment(str(root), env, prove=False).bundle
    assert bundle is not None
    folders = {r.file.rpartition("/")[0] for r in bundle.objects}
    roots = [
        _object(text)["spec"] for file, text in made_by(name).items()
        if "-delivery.yaml" in file
    ]  # fmt: skip
    paths = {spec.get("path") or spec["source"]["path"] for spec in roots}
    assert {path.removeprefix("./") for path in paths} == {
        folder for folder in folders if "/delivery/" in folder
    }


def test_a_cluster_of_others_needs_no_management_cluster() -> None:
    made = made_by("option-a")
    assert not [file for file in made if file.startswith("management-cluster/")]
    assert "stackgen cluster --env default" in made["README.md"]


def test_flux_root_uses_the_repository_that_delivery_has() -> None:
    made = made_by("flux")
    mine = _object(made["workload-cluster/gitrepository-llmd-istio-tpu.yaml"])
    folder = ROOT / "out" / "prod" / "delivery" / "workload-cluster"
    assert mine == _object((folder / "gitrepository-llmd-istio-tpu.yaml").read_text())


def test_argo_cd_learns_what_rolling_sync_needs() -> None:
    made = made_by("argocd")
    health = _object(made["argocd/configmap-argocd-cm.yaml"])["data"]
    kinds = {key.removeprefix("resource.customizations.health.") for key in health}
    # Kinds of the stack that say when they are ready, and that Argo CD knows nothing of.
    assert kinds >= {
        "argoproj.io_Application",
        "serving.kserve.io_LLMInferenceService",
        "sailoperator.io_Istio",
        "trust.cert-manager.io_Bundle",
    }
    parameters = _object(made["argocd/configmap-argocd-cmd-params-cm.yaml"])["data"]
    assert parameters == {"applicationsetcontroller.enable.progressive.syncs": "true"}


def _judged(script: str, status: Any) -> tuple[str, str]:
    lupa = pytest.importorskip("lupa", reason="no Lua to run the health checks with")
    runtime = lupa.LuaRuntime(unpack_returned_tuples=True)
    given = {"metadata": {"generation": 2}} | ({} if status is None else {"status": status})
    table = runtime.table_from(given, recursive=True)
    found = runtime.eval(f"function(obj)\n{script}\nend")(table)
    return found["status"], found["message"]


def test_health_follows_the_condition() -> None:
    health = _object(made_by("argocd")["argocd/configmap-argocd-cm.yaml"])["data"]
    script = health["resource.customizations.health.serving.kserve.io_LLMInferenceService"]
    assert '"Ready"' in script and "NAME" not in script
    other, ready = {"type": "Other", "status": "True"}, {"type": "Ready", "status": "True"}
    for status, wanted in (
        (None, "Progressing"),
        ({"conditions": [other]}, "Progressing"),
        ({"conditions": [other, {"type": "Ready", "status": "False"}]}, "Progressing"),
        ({"conditions": [other, ready]}, "Healthy"),
        # Said about the object as it was before its change.
        ({"conditions": [ready], "observedGeneration": 1}, "Progressing"),
        ({"conditions": [ready], "observedGeneration": 2}, "Healthy"),
        ({"conditions": [{**ready, "observedGeneration": 1}]}, "Progressing"),
        ({"conditions": [{**ready, "observedGeneration": 2}]}, "Healthy"),
    ):
        assert _judged(script, status)[0] == wanted


@pytest.mark.parametrize("name", ["sops", "reflector", "flux"])
def test_the_steps_say_how_secrets_come(name: str) -> None:
    text = made_by(name)["README.md"]
    wanted = {
        "sops": ("sealed/default", "kubectl create secret generic age-key"),
        "reflector": (
            "kubectl create secret generic registry-pull --type=kubernetes.io/dockerconfigjson",
            (
                "reflection-auto-namespaces=cert-manager-operator,cert-manager,istio-system,"
                "openshift-lws-operator,opendatahub,models"
            ),
        ),
        "flux": ("gcloud secrets create redhat-pull-secret", "secretAccessor"),
    }[name]
    for part in wanted:
        assert part in text


def test_the_pull_secret_is_made_without_showing_it() -> None:
    text = made_by("flux")["README.md"]
    login = "podman login --authfile=redhat-pull-secret.json registry.redhat.io"
    create = "gcloud secrets create redhat-pull-secret --project="
    assert text.index(login) < text.index(create)
    assert "--data-file=redhat-pull-secret.json" in text
    sealed = made_by("sops")["README.md"]
    assert "| sops encrypt " in sealed or "podman login" not in sealed


def test_the_address_of_the_api_server_is_read_before_the_cluster_is_connected() -> None:
    text = made_by("flux")["README.md"]
    read = text.index("kubectl get endpoints kubernetes --namespace default")
    assert text.index("get-credentials") < read < text.index("kubectl apply -k workload-cluster")
    assert "spec.cluster.controlPlaneCidr is 172.16.0.0/28" in text


def test_the_command_writes_them_and_nothing_without_an_engine(tmp_path: Path) -> None:
    shutil.copy(CASES / "sops" / "stack.yaml", tmp_path)
    run = stackgen("bootstrap", cwd=tmp_path)
    assert run.code == 0
    assert "bootstrap/default/README.md has the steps" in run.err
    found = {str(p.relative_to(tmp_path / "bootstrap" / "default"))
             for p in (tmp_path / "bootstrap").rglob("*") if p.is_file()}  # fmt: skip
    assert found == {*made_by("sops"), "stackgen.lock"}
    text = (CASES / "minimal" / "stack.yaml").read_text()
    other = tmp_path / "other"
    other.mkdir()
    (other / "stack.yaml").write_text(text.replace("delivery:", "delivery:\n    engine: none", 1))
    run = stackgen("bootstrap", cwd=other)
    assert (run.code, run.out) == (2, "")
    assert "there is no engine to connect" in run.err
    assert not (other / "bootstrap").exists()


@pytest.mark.parametrize(("name", "engine"), [("flux", "Flux 2.7.0"), ("argocd", "Argo CD 3.3.0")])
def test_the_steps_name_the_oldest_version_and_how_to_see_the_installed_one(
    name: str, engine: str
) -> None:
    text = made_by(name)["README.md"]
    # Of both clusters.
    assert text.count(f"It must be {engine} or later") == 2
    assert text.count("kubectl get deployments --namespace") == 2


def test_the_arguments_of_flux_are_set_in_both_clusters_and_explained() -> None:
    text = made_by("flux")["README.md"]
    patches = re.findall(r"kubectl patch deployment kustomize-controller .*--patch='(.*)'", text)
    assert len(patches) == 2
    for patch in patches:
        values = [change["value"] for change in json.loads(patch)]
        assert values == [
            "--feature-gates=CancelHealthCheckOnNewRevision=true", "--requeue-dependency=5s",
        ]  # fmt: skip
    explained = text.partition("## The arguments of kustomize-controller")[2]
    assert "only after its timeout of 10 minutes" in explained
    assert "kubectl rollout restart deployment/kustomize-controller" in explained


@pytest.mark.parametrize(
    ("env", "url", "wanted"),
    [
        ("prod", "https://github.com/acme/private", "--from-file=password=FILE"),
        ("prod", "ssh://git@github.com/acme/private", "--from-file=identity=FILE"),
        ("dev", "https://github.com/acme/private", "--from-literal=url=https://github.com/acme/p"),
        ("dev", "ssh://git@github.com/acme/private", "--from-file=sshPrivateKey=FILE"),
    ],
)
def test_the_credentials_of_a_private_repository_come_before_it_is_read(
    env: str, url: str, wanted: str
) -> None:
    data = copy.deepcopy(build_data(env).loaded.data)
    data["spec"]["delivery"] |= {"repository": url, "secret": "git-access"}
    compiled = build_data(env, data)
    assert compiled.plan is not None and compiled.bundle is not None
    text = files(compiled.plan, compiled.bundle.objects)["README.md"]
    assert text.count(wanted) == 2  # in both clusters
    made = text.index("In the workload cluster, the credentials")
    assert made < text.index("kubectl apply -k workload-cluster")
    assert ("argocd.argoproj.io/secret-type=repository" in text) == (env == "dev")


def _readme(**edits: dict[str, Any]) -> str:
    data: dict[str, Any] = copy.deepcopy(build_data("prod").loaded.data)
    for part, fields in edits.items():
        data["spec"][part].update(fields)
    compiled = build_data("prod", data)
    assert compiled.plan is not None and compiled.bundle is not None
    return files(compiled.plan, compiled.bundle.objects)["README.md"]


def test_config_connector_gets_its_account_before_the_cluster_is_applied() -> None:
    unset = _readme()
    assert "--output=jsonpath='{.spec.mode}'" in unset
    assert "set spec.cluster.configConnectorServiceAccount" in unset
    account = "kcc@other-project.iam.gserviceaccount.com"
    text = _readme(cluster={"configConnectorServiceAccount": account})
    use = text.index(f"gcloud iam service-accounts add-iam-policy-binding {account} ")
    assert "[cnrm-system/cnrm-controller-manager-gcp-infra]" in text
    assert use < text.index("kubectl apply -k management-cluster")
    assert "ConfigConnectorContext" not in _readme(cluster={"managed": False})


def test_cert_manager_may_write_challenges_once_the_cluster_is_there() -> None:
    assert "roles/dns.admin" not in _readme()
    acme = {"email": "platform@example.com", "dnsProject": "dns-project"}
    text = _readme(gateway={"acme": acme})
    grant = text.index("gcloud projects add-iam-policy-binding dns-project --role=roles/dns.admin")
    assert text.index("get-credentials") < grant < text.index("kubectl apply -k workload-cluster")
    assert "my-project.svc.id.goog/subject/ns/cert-manager/sa/cert-manager" in text
