"""What `stackgen bootstrap` writes: accepted by the checks, and about folders that are there."""

from __future__ import annotations

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
from tests.stacks import ROOT

CASES = ROOT / "tests" / "cases" / "stacks"
STACKS = {
    "flux": (ROOT, "prod"),
    "argocd": (ROOT, "dev"),
    **{
        name: (CASES / name, "default")
        for name in ("option-a", "sops", "reflector", "argocd-parts", "gke-gateway", "public-https")
    },
}


def made_by(name: str) -> dict[str, str]:
    root, env = STACKS[name]
    compiled = compile_environment(str(root), env, prove=False)
    assert compiled.plan is not None and compiled.bundle is not None
    return files(compiled.plan, compiled.bundle)


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
    # No definition of the kinds of Config Connector's operator is public apart from its bundle.
    shutil.rmtree(tmp_path / "config-connector", ignore_errors=True)
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
    assert not [file for file in made if file.startswith(("management-cluster", "config-conn"))]
    assert "bash cluster.sh" in made["README.md"]
    printed = stackgen("cluster", cwd=CASES / "option-a").out
    assert made["cluster.sh"] == printed


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
    # Of a policy, each target has conditions.
    script = health["resource.customizations.health.gateway.envoyproxy.io_SecurityPolicy"]
    good = {"conditions": [{"type": "Accepted", "status": "True"}]}
    bad = {"conditions": [{"type": "Accepted", "status": "False"}]}
    for status, wanted in (
        (None, "Progressing"),
        ({"ancestors": [good, bad]}, "Progressing"),
        ({"ancestors": [good]}, "Healthy"),
    ):
        assert _judged(script, status)[0] == wanted


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


@pytest.mark.parametrize("name", STACKS)
def test_the_readme_names_each_script_once_and_in_order(name: str) -> None:
    made = made_by(name)
    text = made["README.md"]
    run = re.findall(r"^   bash (\S+)$", text, re.MULTILINE)
    assert sorted(run) == sorted(file for file in made if file.endswith(".sh"))
    assert run[0] == "project.sh" and run[-1] == "verify.sh"
    assert run.index("workload-cluster.sh") == len(run) - 2


@pytest.mark.parametrize("name", STACKS)
def test_the_readme_explains_each_variable_that_the_scripts_need(name: str) -> None:
    made = made_by(name)
    scripts = "".join(text for file, text in made.items() if file.endswith(".sh"))
    needed = set(re.findall(r"\$\{([A-Z_]+):\?", scripts))
    assert needed == set(re.findall(r"^\| `([A-Z_]+)` \|", made["README.md"], re.MULTILINE))


def test_the_arguments_of_flux_are_explained() -> None:
    explained = made_by("flux")["README.md"].partition("## The arguments of")[2]
    assert "only after its timeout of 10 minutes" in explained
    assert "kubectl rollout restart deployment/kustomize-controller" in explained
