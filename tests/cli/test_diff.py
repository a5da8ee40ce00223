"""`stackgen diff` in a scratch Git repository, on folders, and when it is used wrongly."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from tests import sandbox
from tests.program import stackgen
from tests.review.given import edit, spec_only

BIGGER = {"stack.yaml": [("accelerator: v6e, topology: 2x2", "accelerator: v6e, topology: 2x4")]}
WIDER = {"stack.yaml": [("  delivery:", (
    "  network:\n    allow:\n"
    "      - {from: models, to: 8.8.8.0/24, ports: [8443], reason: A tracker of usage}\n  delivery:"
))]}  # fmt: skip
SECRET = "hf_" + "abcdefghijklmnop1234"


def git(folder: Path, *arguments: str) -> str:
    env = sandbox.environment(HOME=str(folder.parent), GIT_CONFIG_NOSYSTEM="1")
    who = ("-c", "user.name=you", "-c", "user.email=you@example.com")
    return sandbox.run_ok(["git", *who, *arguments], folder, env)


def committed(folder: Path, message: str) -> str:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", message)
    return git(folder, "rev-parse", "HEAD").strip()


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    """The reference stack with its out/, committed on main."""
    folder = sandbox.stack(tmp_path / "stack")
    git(folder, "init", "-q", "-b", "main")
    committed(folder, "start")
    return folder


def reviewed(folder: Path, *arguments: str) -> list[dict[str, object]]:
    done = stackgen("diff", *arguments, "--output-format", "json", "--fail-on", "never", cwd=folder)
    assert done.code == 0, done.text
    found: list[dict[str, object]] = json.loads(done.out)["reviews"]
    return found


def test_nothing_changed(stack: Path) -> None:
    done = stackgen("diff", cwd=stack)
    assert (done.code, done.err) == (0, "")
    assert done.out.count("no change") == 2


def test_a_pull_request_that_changes_topology(stack: Path) -> None:
    """From a branch, before and after the commit, with or without the new out/."""
    git(stack, "switch", "-q", "-c", "bigger")
    edit(stack, BIGGER)
    texts = [stackgen("diff", "--against", "main", cwd=stack)]
    assert stackgen("build", cwd=stack).code == 0
    committed(stack, "bigger")
    texts.append(stackgen("diff", "--against", "main", cwd=stack))
    assert texts[0] == texts[1]
    assert texts[0].code == 1
    assert "stack.yaml:17:58 spec.cluster.nodePools[tpu-v6e-pool].topology: 2x2 ->" in texts[0].out
    assert "high[node-pool-fixed]" in texts[0].out
    assert "main, out/prod as committed -> working tree" in texts[0].out


def test_a_pull_request_that_widens_a_policy(stack: Path, tmp_path: Path) -> None:
    git(stack, "switch", "-q", "-c", "wider")
    edit(stack, WIDER)
    comment = tmp_path / "comment.md"
    done = stackgen(
        "diff",
        "--against",
        "main",
        "--fail-on",
        "high",
        "--output",
        f"markdown={comment}",
        cwd=stack,
    )
    assert done.code == 1
    text = comment.read_text(encoding="utf-8")
    assert text.startswith("<!-- stackgen diff -->\n### stackgen diff: risk high\n")
    assert "opens to or from the internet" in text
    assert "8.8.8.0-8.8.8.255" in text


def test_main_goes_on_and_the_merge_base_counts(stack: Path) -> None:
    base = git(stack, "rev-parse", "HEAD").strip()
    git(stack, "switch", "-q", "-c", "wider")
    edit(stack, WIDER)
    committed(stack, "wider")
    git(stack, "switch", "-q", "main")
    edit(stack, BIGGER)
    stackgen("build", cwd=stack)
    committed(stack, "bigger")
    git(stack, "switch", "-q", "wider")
    (_, prod) = reviewed(stack, "--against", "main")
    assert prod["old"] == f"main, as of {base[:10]} (merge-base), out/prod as committed"
    assert [c["new"]["kind"] for c in prod["changes"]] == ["NetworkPolicy"]  # type: ignore
    (_, prod) = reviewed(stack, "--against", "main", "--exact")
    assert {c["new"]["kind"] for c in prod["changes"]} == {  # type: ignore
        "NetworkPolicy", "ContainerNodePool", "LLMInferenceService", "ResourceQuota",
    }  # fmt: skip


def test_without_out_the_spec_of_the_commit_is_rendered(tmp_path: Path) -> None:
    folder = spec_only(tmp_path / "stack")
    (folder / ".gitignore").write_text("out/\n", encoding="utf-8")
    git(folder, "init", "-q", "-b", "main")
    committed(folder, "start")
    edit(folder, BIGGER)
    (_, prod) = reviewed(folder)
    assert prod["old"] == "HEAD, rendered from its stack.yaml"
    assert len(prod["changes"]) == 3  # type: ignore


def test_a_stack_below_the_top_of_the_repository(tmp_path: Path) -> None:
    top = tmp_path / "top"
    folder = sandbox.stack(top / "stacks" / "one")
    git(top, "init", "-q", "-b", "main")
    committed(top, "start")
    edit(folder, BIGGER)
    (_, prod) = reviewed(top, "-C", "stacks/one")
    assert len(prod["changes"]) == 3  # type: ignore


def test_an_environment_that_comes_and_one_that_goes(stack: Path) -> None:
    (stack / "overlays" / "dev").rename(stack / "overlays" / "test")
    dev, prod, test = reviewed(stack)
    assert dev["new"] == "working tree, without dev"
    assert {c["action"] for c in dev["changes"]} == {"removed"}  # type: ignore
    assert prod["changes"] == []
    assert test["old"] == "HEAD, without test"
    assert {c["action"] for c in test["changes"]} == {"added"}  # type: ignore


def test_out_that_is_no_longer_what_the_spec_rendered(stack: Path) -> None:
    """What was committed counts: that is what the cluster has."""
    file = stack / "out" / "prod" / "4-serving" / "poddisruptionbudget-qwen2-3b-pattern1.yaml"
    file.write_text(file.read_text().replace("maxUnavailable: 1", "maxUnavailable: 2"))
    committed(stack, "by hand")
    (prod,) = reviewed(stack, "--env", "prod")
    (change,) = prod["changes"]  # type: ignore
    assert [(f["path"], f["old"], f["new"]) for f in change["fields"]] == [
        ("spec.maxUnavailable", 2, 1)
    ]
    assert change["fields"][0]["causes"] == []
    (note,) = prod["notes"]  # type: ignore
    assert note.startswith("of 1 difference neither spec nor catalog is the cause")


def test_folders_of_anybody(stack: Path) -> None:
    shutil.copytree(stack / "out" / "prod", stack / "before")
    edit(stack, BIGGER)
    stackgen("build", cwd=stack)
    (found,) = reviewed(stack, "before", "out/prod")
    kinds = [c["new"]["kind"] for c in found["changes"]]  # type: ignore
    assert sorted(kinds) == ["ContainerNodePool", "LLMInferenceService", "ResourceQuota"]
    assert {c["layer"] for c in found["changes"]} == {"1-cluster", "4-serving"}  # type: ignore
    assert found["cost"]["new"]["most"] > found["cost"]["old"]["most"]  # type: ignore
    (same,) = reviewed(stack, "--against", "HEAD", "out/prod")
    fields = [[c["fields"] for c in one["changes"]] for one in (same, found)]  # type: ignore
    assert fields[0] == fields[1]


def test_the_threshold(stack: Path) -> None:
    edit(
        stack,
        {"overlays/prod/stack.yaml": [("nodes: {min: 3, max: 6}", "nodes: {min: 3, max: 7}")]},
    )
    codes = {
        least: stackgen("diff", "--env", "prod", "--fail-on", least, cwd=stack).code
        for least in ("none", "low", "medium", "high", "never")
    }
    assert codes == {"none": 1, "low": 1, "medium": 0, "high": 0, "never": 0}


def test_a_secret_is_never_shown(tmp_path: Path) -> None:
    for name, value in (("old", "geheim1"), ("new", "geheim2")):
        (tmp_path / f"{name}.yaml").write_text(
            "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n"
            f"stringData: {{any: {value}}}\n"
            "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n"
            f"data: {{url: '{SECRET}{value}', db-password: {value}}}\n"
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\n"
            "spec: {template: {spec: {containers: [{name: m, "
            f"args: [--api-key={value}], env: [{{name: HF_TOKEN, value: {value}}}]}}]}}}}}}\n",
            encoding="utf-8",
        )
    for form in ("text", "markdown", "json"):
        done = stackgen("diff", "old.yaml", "new.yaml", "--output-format", form, cwd=tmp_path)
        assert done.code == 1
        assert "(not shown)" in done.out
        assert "geheim" not in done.text
        assert SECRET not in done.text


WRONG = {
    ("nowhere", "neither"): "nowhere: not found",
    ("main",): "main: not found; --against main compares with a commit",
    ("out",): "out: compared with what?",
    ("a", "b", "c"): "3 paths",
    ("a", "b", "--against", "main"): "leave out --against",
    ("--between", "dev", "nix"): "there is no environment 'nix'",
    ("--between", "dev", "prod", "--env", "dev"): "nothing else",
    ("--env", "nix"): "there is no environment 'nix'",
    ("--against", "nix"): "Git knows no commit 'nix'",
    ("--against=--upload-pack=touch x",): "is not the name of a commit",
    ("--against=-x",): "is not the name of a commit",
    ("--against", "main\nx"): "is not the name of a commit",
    ("--against", "HEAD^{tree}"): "Git knows no commit",
    ("--against", "main", "../elsewhere"): "is not below",
    ("--against", "main", "nix.yaml"): "is neither here nor in main",
    ("--output", "nix"): "is not FORMAT=FILE",
    ("-C", "nix"): "nix: no such folder",
    ("-C", "out"): "has no stack.yaml",
}


@pytest.mark.parametrize("arguments", WRONG, ids=" ".join)
def test_used_wrongly(arguments: tuple[str, ...], stack: Path) -> None:
    before = git(stack, "status", "--porcelain")
    done = stackgen("diff", *arguments, cwd=stack)
    assert done.code == 2
    assert done.out == ""
    assert WRONG[arguments] in done.err
    assert "Traceback" not in done.err
    assert git(stack, "status", "--porcelain") == before


def test_no_repository(tmp_path: Path) -> None:
    folder = sandbox.stack(tmp_path / "stack")
    done = stackgen("diff", cwd=folder, GIT_CEILING_DIRECTORIES=str(tmp_path))
    assert (done.code, done.out) == (2, "")
    assert "is in no Git repository" in done.err


def test_no_commit_yet(tmp_path: Path) -> None:
    folder = sandbox.stack(tmp_path / "stack")
    git(folder, "init", "-q")
    done = stackgen("diff", cwd=folder)
    assert (done.code, done.out) == (2, "")
    assert "has no commit yet" in done.err


def test_no_git(stack: Path) -> None:
    empty = stack.parent / "bin"
    empty.mkdir()
    done = stackgen("diff", cwd=stack, PATH=str(empty))
    assert (done.code, done.out) == (2, "")
    assert "git is not installed" in done.err


def test_a_shallow_clone_has_no_merge_base(stack: Path) -> None:
    git(stack, "switch", "-q", "-c", "other")
    edit(stack, WIDER)
    committed(stack, "other")
    git(stack, "switch", "-q", "main")
    edit(stack, {"overlays/dev/stack.yaml": [("smokeTest: true", "smokeTest: false")]})
    committed(stack, "on main")
    clone = stack.parent / "clone"
    url = f"file://{stack}"
    git(stack, "clone", "-q", "--depth", "1", "--no-single-branch", url, str(clone))
    done = stackgen("diff", "--against", "origin/other", cwd=clone)
    assert done.code == 2
    assert "no common ancestor" in done.err
    assert stackgen("diff", "--against", "origin/other", "--exact", cwd=clone).code == 1


def test_a_spec_with_errors(stack: Path) -> None:
    edit(stack, {"stack.yaml": [("topology: 2x2", "topology: 9x9")]})
    done = stackgen("diff", cwd=stack)
    assert (done.code, done.out) == (2, "")
    assert "the spec has errors in dev; `stackgen build` shows them" in done.err


def test_a_file_of_the_commit_that_is_no_yaml(stack: Path) -> None:
    file = stack / "out" / "prod" / "4-serving" / "broken.yaml"
    file.write_text("a: [", encoding="utf-8")
    committed(stack, "broken")
    done = stackgen("diff", cwd=stack)
    assert (done.code, done.out) == (2, "")
    assert "HEAD: out/prod" in done.err
    assert "stackgen-" not in done.err


def test_two_environments(stack: Path) -> None:
    done = stackgen("diff", "--between", "dev", "prod", cwd=stack)
    assert (done.code, done.err) == (1, "")
    assert done.out.startswith("dev -> prod\n")
    assert "overlays/prod/stack.yaml" in done.out
    assert "risk" not in done.out
    least = ("--fail-on", "low")
    assert stackgen("diff", "--between", "dev", "prod", *least, cwd=stack).code == 0


def test_in_a_hook_git_names_its_folder_from_the_top(tmp_path: Path) -> None:
    top = tmp_path / "top"
    folder = sandbox.stack(top / "one")
    git(top, "init", "-q", "-b", "main")
    committed(top, "start")
    edit(folder, BIGGER)
    done = stackgen("diff", "-C", "one", cwd=top, GIT_DIR=".git")
    assert (done.code, done.err) == (1, "")


def test_links_in_a_commit_are_not_followed(stack: Path) -> None:
    os.symlink("/etc/hosts", stack / "out" / "prod" / "4-serving" / "link.yaml")
    committed(stack, "a link")
    (prod,) = reviewed(stack, "--env", "prod")
    assert prod["changes"] == []


def test_folders_have_the_namespaces_of_kustomizations_and_files_that_are_no_objects(
    tmp_path: Path,
) -> None:
    for side, space, port in (("old", "shop", 80), ("new", "store", 81)):
        base = tmp_path / side / "base"
        base.mkdir(parents=True)
        (base / "pods.yaml").write_text(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
            "spec: {template: {metadata: {labels: {app: web}}}}\n"
        )
        (base / "kustomization.yaml").write_text(f"namespace: {space}\nresources: [pods.yaml]\n")
        (tmp_path / side / "values.yaml").write_text(f"# of {side}\nservice: {{port: {port}}}\n")
        (tmp_path / side / "deploy.sh").write_text(f"# {side}\nkubectl apply -k base\n")
    done = stackgen("diff", "old", "new", "--output-format", "markdown", cwd=tmp_path)
    assert "shop/web" in done.out and "store/web" in done.out
    [found] = reviewed(tmp_path, "old", "new")
    assert found["files"] == ["base/kustomization.yaml", "values.yaml"]
    shutil.copytree(tmp_path / "old" / "base", tmp_path / "new" / "base", dirs_exist_ok=True)
    done = stackgen("diff", "old", "new", cwd=tmp_path)
    assert done.code == 1
    assert "no change" not in done.out and "differ, their effect is not compared" in done.out
    assert "values.yaml" in done.out and "deploy.sh" not in done.out


def test_values_of_commands_and_of_flux_count(tmp_path: Path) -> None:
    for side, size in (("old", 2), ("new", 3)):
        files = {
            "chart/Chart.yaml": "apiVersion: v2\nname: server\nversion: 1.0.0\n",
            "chart/values.yaml": "replicas: 1\n",
            "chart/templates/server.yaml": "apiVersion: apps/v1\nkind: Deployment\n"
            "metadata: {name: qwen}\nspec:\n  replicas: {{ .Values.replicas }}\n"
            "  selector: {matchLabels: {app: qwen}}\n  template:\n"
            "    metadata: {labels: {app: qwen}}\n"
            '    spec: {containers: [{name: a, image: "vllm/vllm-openai:v0.11.0"}]}\n',
            "up.sh": f"helm upgrade --install qwen ./chart -n models --set replicas={size}\n",
            "flux.yaml": "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n"
            "metadata: {name: apps, namespace: flux-system}\nspec:\n  interval: 10m\n"
            "  path: ./apps\n  prune: true\n"
            "  sourceRef: {kind: GitRepository, name: flux-system}\n"
            f'  postBuild: {{substitute: {{SIZE: "{size}"}}}}\n',
            "apps/size.yaml": "apiVersion: v1\nkind: ConfigMap\n"
            'metadata: {name: size, namespace: models}\ndata: {size: "${SIZE}"}\n',
        }
        for name, text in files.items():
            (tmp_path / side / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / side / name).write_text(text, encoding="utf-8")
    done = stackgen("diff", "old", "new", cwd=tmp_path)
    assert "~ Deployment models/qwen\n    ~ spec.replicas: 2 -> 3" in done.out
    assert "~ ConfigMap models/size\n    ~ data.size: 2 -> 3" in done.out
