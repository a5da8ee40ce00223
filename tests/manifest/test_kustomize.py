"""Kustomize is run as users run it, and findings lead back to the files it read."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from stackgen.errors import UsageError
from stackgen.manifest import kustomize
from stackgen.manifest.collect import collect
from tests.kubectl import needs_kubectl
from tests.program import stackgen

pytestmark = needs_kubectl

BASE = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  right: "1"
  wrong: 2  # read from here
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings-two}
immutable: true
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A base and an overlay, seen from their parent."""
    monkeypatch.chdir(tmp_path)
    for name, texts in {
        "base": {"kustomization": "resources: [all.yaml]\n", "all": BASE},
        "prod": {
            "kustomization": (
                "namespace: team\nnamePrefix: prod-\nresources: [../base]\n"
                "patches: [{path: patch.yaml}]\n"
                "configMapGenerator: [{name: made, literals: [a=b]}]\n"
            ),
            "patch": (
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings-two}\nimmutable: 4\n"
            ),
        },
    }.items():
        (tmp_path / name).mkdir()
        for file, text in texts.items():
            (tmp_path / name / f"{file}.yaml").write_text(text)
    return tmp_path


def test_findings_stand_where_the_value_was_written(folder: Path) -> None:
    run = stackgen("lint", "--kustomize", "prod", "--select", "schema", cwd=folder)
    assert (
        run.text
        == """\
error[schema-wrong-type]: wrong is 2 (number); a string is needed
 --> base/all.yaml:6:10
  |
6 |   wrong: 2  # read from here
  |          ^
  |
  = in the cluster: The API server rejects the object.
  = help: Write `wrong: "2"`.
  = rendered: prod (rendered):12
  = docs: stackgen explain schema-wrong-type

error[schema-wrong-type]: immutable is 4 (number); true or false is needed
  --> prod (rendered):19:12
   |
19 | immutable: 4
   |            ^
   |
  ::: base/all.yaml
   | the file it is made from
   = in the cluster: The API server rejects the object.
   = help: Write the value in the type that the message names. A value in quotes
       is a string. Numbers, true and false have no quotes.
   = docs: stackgen explain schema-wrong-type

2 errors in 3 documents
[exit 1]
"""
    )


def test_a_remark_in_the_file_that_was_read_accepts_the_finding(folder: Path) -> None:
    text = BASE.replace("# read from here", "# stackgen: ignore[schema-wrong-type] old reader")
    (folder / "base" / "all.yaml").write_text(text)
    (folder / "prod" / "patch.yaml").write_text(
        (folder / "prod" / "patch.yaml").read_text().replace("4", "true")
    )
    run = stackgen("lint", "--kustomize", "prod", "--select", "schema", cwd=folder)
    assert run.text == "no findings in 3 documents, 1 suppressed\n[exit 0]\n"


def test_the_working_directory_does_not_matter(folder: Path) -> None:
    (found, *_) = collect((), (str(folder / "base"),)).bundle.resources
    assert found.written is not None
    assert found.written.file == "base/all.yaml"


def test_a_failure_is_told_in_its_own_words(folder: Path) -> None:
    (folder / "empty").mkdir()
    run = stackgen("lint", "--kustomize", "empty", cwd=folder)
    assert (run.code, run.out) == (2, "")
    assert run.err.startswith("stackgen: --kustomize empty: unable to find one of 'kustomization.")
    assert run.err.count("\n") == 1
    run = stackgen("lint", "--kustomize", "nowhere", cwd=folder)
    assert run.text == "stackgen: --kustomize nowhere: no such folder\n[exit 2]\n"


def test_without_the_programs_it_says_what_is_needed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    with pytest.raises(UsageError, match="needs kubectl or kustomize on the PATH"):
        kustomize.render("prod")


def test_expand_reads_it_too(folder: Path) -> None:
    (folder / "base" / "all.yaml").write_text(
        "apiVersion: serving.kserve.io/v1alpha1\nkind: LLMInferenceService\n"
        "metadata: {name: llm}\nspec: {model: {uri: hf://a/b}}\n"
    )
    (folder / "prod" / "kustomization.yaml").write_text("namePrefix: my-\nresources: [../base]\n")
    run = stackgen("expand", "--kustomize", "prod", "--release", "odh-3.5", cwd=folder)
    assert run.code == 0
    assert "\n  name: my-llm-kserve\n" in run.out


@pytest.mark.parametrize("annotations", ["[1]", "text", "{config.kubernetes.io/origin: [1]}", "1"])
def test_annotations_of_any_shape(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, annotations: str
) -> None:
    """A program in the place of Kustomize prints what Kustomize would not."""
    program = tmp_path / "bin" / "kustomize"
    program.parent.mkdir()
    text = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: a, annotations: {annotations}}}"
    program.write_text(f"#!/bin/sh\necho '{text}'\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    assert kustomize.origins(str(tmp_path)) == {}
