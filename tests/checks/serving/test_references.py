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
