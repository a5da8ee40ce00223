"""An engine deletes what it misses in a path that it can read. All else stays in the cluster."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stackgen.catalog.load import Catalog
from stackgen.rollout.kinds import Kinds
from stackgen.rollout.removal import Removal, removals
from tests.rollout.bundles import bundle_of, rolled, step
from tests.rollout.test_argocd import rolling

X = "{apiVersion: v1, kind: ConfigMap, metadata: {name: x, namespace: default}}"
Y = X.replace("name: x", "name: y")
ORPHAN = {"deletionPolicy": "Orphan"}
FINALIZER = "resources-finalizer.argocd.argoproj.io"


def marked(kind: str = "ConfigMap", **annotations: str) -> str:
    names = {"flux": "kustomize.toolkit.fluxcd.io/prune", "argo": "argocd.argoproj.io/sync-options"}
    meta = {"name": "x", "namespace": "default",
            "annotations": {names[key]: value for key, value in annotations.items()}}  # fmt: skip
    api = "apiextensions.k8s.io/v1" if kind == "CustomResourceDefinition" else "v1"
    return json.dumps({"apiVersion": api, "kind": kind, "metadata": meta})


def application(path: str, prune: bool = True, **metadata: Any) -> str:
    spec = {
        "source": {"path": path, "repoURL": "https://example.com"},
        "syncPolicy": {"automated": {"prune": prune}},
    }
    meta = {"name": "a", "namespace": "argocd", **metadata}
    return json.dumps({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": meta, "spec": spec,
    })  # fmt: skip


def of_x(old: dict[str, str], new: dict[str, str]) -> Removal:
    """What becomes of the object x."""
    before, after = bundle_of(old).resources, bundle_of(new).resources
    found = removals(before, after, Kinds(Catalog()))
    (one,) = [found.of(r) for r in before if r.name == "x"]
    assert one is not None
    return one


APP = {"d/a.yaml": application("out/a")}
CASCADE = {"d/a.yaml": application("out/a", finalizers=[FINALIZER])}
KEEP = {"d/k.yaml": step("k", "./out/k"), "out/k/y.yaml": Y}
A = {"d/a.yaml": step("a", "./out/a")}
FILES = {"out/a/x.yaml": X, "out/a/y.yaml": Y}
FEWER = {"out/a/y.yaml": Y}
GONE = "no longer exists, so"


@pytest.mark.parametrize(
    ("old", "new", "stays"),
    [
        # The step goes on, and misses one object.
        ({**A, **FILES}, {**A, **FEWER}, ""),
        ({**APP, **FILES}, {**APP, **FEWER}, ""),
        ({**A, **FILES, "out/a/x.yaml": marked(flux="disabled")}, {**A, **FEWER}, "disabled"),
        ({**A, **FILES, "out/a/x.yaml": marked(argo="Prune=false")}, {**A, **FEWER}, ""),
        ({**APP, **FILES, "out/a/x.yaml": marked(argo="Prune=false")}, {**APP, **FEWER},
         "Prune=false"),
        ({**APP, **FILES, "out/a/x.yaml": marked(argo="Delete=false")}, {**APP, **FEWER}, ""),
        ({"d/a.yaml": step("a", "./out/a", prune=False), **FILES},
         {"d/a.yaml": step("a", "./out/a", prune=False), **FEWER}, "does not prune"),
        # Its path goes, and its delivery object does not.
        ({**A, **KEEP, **FILES}, {**A, **KEEP}, GONE),
        ({**APP, **KEEP, **FILES}, {**APP, **KEEP}, GONE),
        ({**CASCADE, **KEEP, **FILES}, {**CASCADE, **KEEP}, GONE),
        # The folder of the delivery objects goes: they stay in the cluster, and go on.
        ({**A, **FILES}, KEEP | {"e/z.yaml": step("z", "./out/z")}, ""),
        ({"m/a.yaml": step("a", "./out/a"), **FILES}, KEEP, GONE),
        ({"m/a.yaml": application("out/a"), **FILES}, KEEP, GONE),
        ({"m/a.yaml": step("a", "./out/a"), **FILES}, {**KEEP, **FEWER}, ""),
        # The delivery object goes.
        ({**A, **KEEP, **FILES}, KEEP, ""),
        ({"d/a.yaml": step("a", "./out/a", **ORPHAN), **KEEP, **FILES}, KEEP, "Orphan"),
        ({"d/a.yaml": step("a", "./out/a", suspend=True), **KEEP, **FILES}, KEEP, "suspend: true"),
        ({"d/a.yaml": step("a", "./out/a", prune=False), **KEEP, **FILES}, KEEP, "prune: false"),
        ({"d/a.yaml": step("a", "./out/a", prune=False, deletionPolicy="Delete"), **KEEP, **FILES},
         KEEP, ""),
        ({**APP, **KEEP, **FILES}, KEEP, "no finalizer"),
        ({**CASCADE, **KEEP, **FILES}, KEEP, ""),
        ({**CASCADE, **KEEP, "out/a/x.yaml": marked(argo="Prune=false")}, KEEP, ""),
        ({**CASCADE, **KEEP, "out/a/x.yaml": marked(argo="Delete=false")}, KEEP, "Delete=false"),
        ({**CASCADE, **KEEP, "out/a/x.yaml": marked("CustomResourceDefinition")}, KEEP,
         "deletes no CustomResourceDefinition"),
    ],
)  # fmt: skip
def test_an_object_is_deleted_or_stays_for_a_reason(
    old: dict[str, str], new: dict[str, str], stays: str
) -> None:
    found = of_x(old, new).stays
    assert stays in found if stays else not found


@pytest.mark.parametrize(
    ("policy", "stays"),
    [
        (None, ""),
        ({"preserveResourcesOnDeletion": True}, "preserveResourcesOnDeletion: true"),
        ({"applicationsSync": "create-update"}, "applicationsSync: create-update"),
        ({"applicationsSync": "create-delete"}, ""),
    ],
)
def test_an_application_that_a_set_no_longer_makes_goes_with_its_objects(
    policy: dict[str, Any] | None, stays: str
) -> None:
    def made(*names: str) -> str:
        data = json.loads(rolling(*names))
        data["spec"]["syncPolicy"] = policy or {}
        return json.dumps(data)

    old = {"d/set.yaml": made("a", "b"), "out/a/y.yaml": Y, "out/b/x.yaml": X}
    found = of_x(old, {"d/set.yaml": made("a"), "out/a/y.yaml": Y}).stays
    assert stays in found if stays else not found


@pytest.mark.parametrize("orphan", [False, True])
def test_a_step_that_stays_keeps_the_steps_that_it_applied(orphan: bool) -> None:
    """Deleting the outer Kustomization deletes the inner one, and that its objects."""
    old = {
        "d/outer.yaml": step("outer", "./out/steps", **(ORPHAN if orphan else {})),
        "out/steps/inner.yaml": step("inner", "./out/a"), "out/a/x.yaml": X, **KEEP,
    }  # fmt: skip
    assert of_x(old, KEEP).stays == ("Kustomization inner stays as well" if orphan else "")


def test_the_simulation_removes_the_same() -> None:
    old = {"d/a.yaml": step("a", "./out/a", **ORPHAN), **FILES, **KEEP}
    assert rolled(KEEP, old).vanished == (("a", ()),)
    lost = rolled({"d/a.yaml": step("a", "./out/a"), **KEEP}, {**A, **FILES, **KEEP})
    assert [one.pruned for one in lost.moments] == [(), ()]


def test_an_application_prunes_the_objects_of_all_its_waves() -> None:
    early = X.replace("name: x", 'name: x, annotations: {argocd.argoproj.io/sync-wave: "-1"}')
    old = {**APP, "out/a/y.yaml": Y, "out/a/x.yaml": early}
    assert [
        key.name for m in rolled({**APP, "out/a/y.yaml": Y}, old).moments for key in m.pruned
    ] == ["x"]
