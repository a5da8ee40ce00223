"""Objects as the patches of their overlays leave them, and where a value of them is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackgen.checks.context import Context
from stackgen.checks.gitops.patched_sets import patched_sets
from stackgen.manifest.collect import collect
from stackgen.manifest.resource import Resource
from stackgen.schema.delivered import delivered
from tests.program import stackgen

BASE = {
    "base/kustomization.yaml": "resources: [server.yaml, quota.yaml]\n",
    "base/server.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: chat, namespace: models}
spec:
  replicas: 1
  selector: {matchLabels: {app: chat}}
  template:
    metadata: {labels: {app: chat}}
    spec:
      containers:
        - {name: proxy, image: "registry.example.com/proxy:1.0.0"}
        - name: server
          image: registry.example.com/server:1.0.0
          resources: {limits: {google.com/tpu: 8}}
""",
    "base/quota.yaml": """\
apiVersion: v1
kind: ResourceQuota
metadata: {name: tpu, namespace: models}
spec: {hard: {requests.google.com/tpu: 16}}
""",
}
MORE = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: chat, namespace: models}\n"


def overlay(patches: str, name: str = "prod") -> dict[str, str]:
    return {f"{name}/kustomization.yaml": f"resources: [../base]\n{patches}\n"}


def written(folder: Path, *several: dict[str, str]) -> str:
    for file, text in (pair for files in several for pair in files.items()):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(text)
    return str(folder)


def sets(folder: str) -> list[list[Resource]]:
    bundle = collect([folder]).bundle
    found = [x for part in delivered(bundle) for x in patched_sets(Context(part))]
    return [[*one.objects] for one in found]


def chat(objects: list[Resource]) -> Resource:
    return next(one for one in objects if one.name == "chat")


def place(one: Resource, *path: str | int) -> tuple[str, int]:
    assert one.patched is not None
    resource, there = one.patched(path)
    mark = resource.mark(there)
    return "/".join(resource.file.split("/")[-2:]), mark.line if mark else 0


FILE = {
    **overlay("patches: [{path: more.yaml}]"),
    "prod/more.yaml": MORE
    + """\
spec:
  replicas: 3
  template:
    spec:
      containers:
        - name: server
          resources: {limits: {google.com/tpu: 4}}
        - {name: late, image: "registry.example.com/late:1.0.0"}
""",
}


def test_a_file_that_is_merged(tmp_path: Path) -> None:
    (objects,) = sets(written(tmp_path, BASE, FILE))
    one = chat(objects)
    spec = one.get("spec", "template", "spec")
    assert one.get("spec", "replicas") == 3
    assert [c["name"] for c in spec["containers"]] == ["proxy", "server", "late"]
    assert spec["containers"][1]["resources"] == {"limits": {"google.com/tpu": 4}}
    at = ("spec", "template", "spec", "containers")
    assert place(one, "spec", "replicas") == ("prod/more.yaml", 5)
    assert place(one, *at, 1, "resources", "limits", "google.com/tpu") == ("prod/more.yaml", 10)
    assert place(one, *at, 2, "image") == ("prod/more.yaml", 11)
    assert place(one, *at, 1, "image") == ("base/server.yaml", 13)
    assert place(one, *at, 0) == ("base/server.yaml", 11)
    assert place(one, "metadata", "name") == ("base/server.yaml", 3)


INLINE = "".join(f"      {line}\n" for line in f"{MORE}spec: {{replicas: 3}}".splitlines())
STEPS = "      - {op: replace, path: /spec/replicas, value: 3}\n"
CHOSEN = "patches:\n  - target: {labelSelector: a=b}\n    patch: |\n"


@pytest.mark.parametrize(
    ("patches", "line"),
    [
        ("replicas: [{name: chat, count: 3}]", 2),
        (f"patches:\n  - patch: |\n{INLINE}", 3),
        (f"patches:\n  - target: {{kind: Deployment}}\n    patch: |\n{STEPS}", 4),
    ],
)
def test_a_value_that_the_kustomization_says(tmp_path: Path, patches: str, line: int) -> None:
    (objects,) = sets(written(tmp_path, BASE, overlay(patches)))
    assert chat(objects).get("spec", "replicas") == 3
    assert place(chat(objects), "spec", "replicas") == ("prod/kustomization.yaml", line)


def test_a_namespace_and_images_stay_with_a_patch(tmp_path: Path) -> None:
    images = "images: [{name: registry.example.com/server, newTag: 2.0.0}]\nnamespace: chat\n"
    folder = written(tmp_path, BASE, FILE, overlay(f"patches: [{{path: more.yaml}}]\n{images}"))
    (objects,) = sets(folder)
    one = chat(objects)
    containers = one.get("spec", "template", "spec", "containers")
    assert (one.namespace, one.get("spec", "replicas")) == ("chat", 3)
    assert [c["image"].rpartition(":")[2] for c in containers] == ["1.0.0", "2.0.0", "1.0.0"]


def test_each_overlay_of_a_base_has_its_own_objects(tmp_path: Path) -> None:
    few, many = (f"replicas: [{{name: chat, count: {count}}}]" for count in (2, 3))
    folder = written(tmp_path, BASE, overlay(few, "stage"), overlay(many))
    assert sorted(chat(objects).get("spec", "replicas") for objects in sets(folder)) == [2, 3]


@pytest.mark.parametrize("inline", [False, True])
def test_what_a_patch_deletes_is_not_there(tmp_path: Path, inline: bool) -> None:
    patch = MORE + "$patch: delete\n"
    lines = "".join(f"      {line}\n" for line in patch.splitlines())
    target = "{kind: Deployment, name: chat}"
    entry = f"\n  - target: {target}\n    patch: |\n{lines}" if inline else "[{path: less.yaml}]"
    files = {**overlay(f"patches: {entry}"), "prod/less.yaml": patch}
    (objects,) = sets(written(tmp_path, BASE, files))
    assert [one.name for one in objects] == ["tpu"]


@pytest.mark.parametrize(
    "patches",
    [
        CHOSEN + STEPS,
        "components: [../more]",
        "namePrefix: a-",
        "",
    ],
)
def test_an_object_that_is_not_known_is_as_written(tmp_path: Path, patches: str) -> None:
    (objects,) = sets(written(tmp_path, BASE, overlay(patches)))
    assert chat(objects).patched is None


def test_every_rule_sees_the_patched_object(tmp_path: Path) -> None:
    stage = overlay("replicas: [{name: chat, count: 2}]", "stage")
    folder = written(tmp_path, BASE, FILE, stage)
    text = FILE["prod/more.yaml"].replace("google.com/tpu: 4", "google.com/tpu: 8")
    (tmp_path / "prod" / "more.yaml").write_text(text)
    said = stackgen("lint", folder, "--output-format", "concise", cwd=tmp_path).out
    assert "need 24 of requests.google.com/tpu; ResourceQuota tpu allows 16" in said
    assert said.count("quota-exceeded") == 1


def test_an_overlay_of_another_cluster_does_not_change_what_is_delivered(tmp_path: Path) -> None:
    step = (
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n"
        "metadata: {name: apps, namespace: flux-system}\n"
        "spec: {interval: 10m, path: ./base, prune: true, "
        "sourceRef: {kind: GitRepository, name: a}}\n"
    )
    folder = written(tmp_path, BASE, FILE, {"cluster/apps.yaml": step})
    assert all(chat(objects).patched is None for objects in sets(folder) if len(objects) > 1)
