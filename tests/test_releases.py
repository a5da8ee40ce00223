"""A release is one file: a copy of a row under another name is worth what the row is."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest

from stackgen import paths
from stackgen.catalog.load import Catalog
from tests import sandbox

ROW, COPY = "llm-d-infra-xks-0.15", "our-d-infra-xks-1.15"
COMMAND = [sys.executable, "-m", "stackgen"]
SERVICE = """\
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
  router: {route: {}, gateway: {}, scheduler: {}}
  unheardOf: true
  template:
    containers:
      - {name: main, command: [vllm, serve, /mnt/models]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: inference-gateway, namespace: opendatahub}
spec:
  gatewayClassName: istio
  listeners: [{name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}]
---
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: split, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: split}
  template: {containers: [{name: main}]}
  prefill: {template: {containers: [{name: main}]}}
"""
COMMANDS = [
    ["build", "--output-format", "json"],
    ["net", "prove", "--output-format", "json"],
    ["plan", "--output-format", "json"],
    ["expand", "--env", "prod"],
    ["expand", "--release", ROW, "service.yaml"],
    ["lint", "--output-format", "json", "--release", ROW, "service.yaml"],
    ["lint", "--output-format", "json", "service.yaml"],
    ["net", "list", "service.yaml"],
    ["schemas", "list", "--release", ROW],
    ["policies", "facts", "--release", ROW],
    ["policies", "export", "--format", "vap", "--release", ROW],
    ["trace", "--env", "prod", "spec.release"],
]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A stack of the built-in row, and the same stack of a copy of that row."""
    ours, theirs = tmp_path_factory.mktemp("row"), tmp_path_factory.mktemp("copy")
    sandbox.run_ok([*COMMAND, "init", "--pattern", "single", "."], ours)
    (ours / "service.yaml").write_text(SERVICE, encoding="utf-8")
    shutil.copytree(ours, theirs, dirs_exist_ok=True)
    spec = theirs / "stack.yaml"
    spec.write_text(spec.read_text(encoding="utf-8").replace(ROW, COPY), encoding="utf-8")
    rows = theirs / "catalog" / "releases"
    rows.mkdir(parents=True)
    shutil.copy(paths.catalog("releases", f"{ROW}.yaml"), rows / f"{COPY}.yaml")
    return ours, theirs


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_copy_of_a_row_gives_what_the_row_gives(
    folders: tuple[Path, Path], arguments: list[str]
) -> None:
    ours, theirs = folders
    given = sandbox.run([*COMMAND, *arguments], ours)
    copied = sandbox.run([*COMMAND, *(a.replace(ROW, COPY) for a in arguments)], theirs)
    assert given.stdout
    assert copied.returncode == given.returncode
    assert _renamed(copied.stdout) == _renamed(given.stdout)


def _renamed(text: str) -> str:
    """What was said, with the names of the copy and its file replaced by those of the row.

    The fingerprint of a finding is made of its message, which may name the release.
    """
    text = text.replace("catalog/releases", "releases").replace(COPY, ROW)
    return re.sub(r'"fingerprint": "[0-9a-f]+"', '"fingerprint": ""', text)


def test_the_verdicts_of_the_row_are_not_those_of_the_newest(folders: tuple[Path, Path]) -> None:
    _, theirs = folders
    lint = [*COMMAND, "lint", "--output-format", "concise", "service.yaml"]
    named = sandbox.run([*lint, "--release", COPY], theirs).stdout
    newest = sandbox.run([*lint, "--release", "odh-master"], theirs).stdout
    for rule in ("gateway-ca-mount", "serving-kv-transfer"):
        assert rule in named
        assert rule not in newest


def test_a_release_that_lacks_a_variant_is_refused_with_its_line(
    folders: tuple[Path, Path], tmp_path: Path
) -> None:
    shutil.copytree(folders[1], tmp_path, dirs_exist_ok=True)
    row = tmp_path / "catalog" / "releases" / f"{COPY}.yaml"
    text = row.read_text(encoding="utf-8")
    row.write_text(text.replace("  kserve: kserve-odh-0.15\n", ""), encoding="utf-8")
    line = text.splitlines().index("schemas:") + 1
    where = f"catalog/releases/{COPY}.yaml:{line}:1: "
    for command in (["lint", "service.yaml"], ["expand", "service.yaml"], ["schemas", "list"]):
        done = sandbox.run([*COMMAND, *command, "--release", COPY], tmp_path)
        assert done.returncode == 2
        assert f"{where}schemas.kserve is missing" in done.stdout
    built = sandbox.run([*COMMAND, "build", "--output-format", "concise"], tmp_path)
    assert built.returncode == 1
    assert f"{where}error[catalog-row] schemas.kserve is missing" in built.stdout
    # Without the name, the row that does not count is reported all the same.
    linted = sandbox.run([*COMMAND, "lint", "--output-format", "concise", "service.yaml"], tmp_path)
    assert f"{where}error[catalog-row] schemas.kserve is missing" in linted.stdout


def test_no_code_names_a_release() -> None:
    names = "|".join(re.escape(n) for n in Catalog().names("release"))
    family = r"(llm-d-infra-xks|rhaii|odh|kserve)-?[0-9.]*"
    compared = re.compile(rf"""(==|!=|\bin\b|match)[^#\n]*["'`^(|]({names}|{family})["'`|)]""")
    for folder, pattern in ((sandbox.ROOT / "generator", "*.py"), (sandbox.ROOT / "policies", "*")):
        for file in folder.rglob(pattern):
            if file.is_file() and file.suffix in (".py", ".rego", ".yaml"):
                assert not compared.search(file.read_text(encoding="utf-8")), file
