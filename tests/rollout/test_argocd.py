from __future__ import annotations

import json
from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.rollout import argocd
from stackgen.rollout.applied import Folders
from stackgen.rollout.kinds import Kinds
from stackgen.rollout.model import Key, Step
from stackgen.rollout.words import said
from tests.rollout.bundles import bundle_of, rolled


def config(name: str, wave: str = "", hook: str = "") -> str:
    annotations = {"argocd.argoproj.io/sync-wave": wave, "argocd.argoproj.io/hook": hook}
    metadata = {"name": name, "annotations": {k: v for k, v in annotations.items() if v}}
    return json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})


def rolling(*names: str, steps: tuple[str, ...] | None = None) -> str:
    """An ApplicationSet of these Applications, synced in the order of the steps."""
    order = names if steps is None else steps
    spec: dict[str, Any] = {
        "goTemplate": True,
        "generators": [
            {"list": {"elements": [{"name": one, "path": f"out/{one}"} for one in names]}}
        ],
        "strategy": {"type": "RollingSync", "rollingSync": {"steps": [
            {"matchExpressions": [{"key": "step", "operator": "In", "values": [one]}]}
            for one in order
        ]}},
        "template": {
            "metadata": {"name": "stack-{{.name}}", "labels": {"step": "{{.name}}"}},
            "spec": {
                "source": {"path": "{{.path}}", "repoURL": "https://example.com"},
                "syncPolicy": {"automated": {"prune": True}, "syncOptions": ["PruneLast=true"]},
            },
        },
    }  # fmt: skip
    meta = {"name": "stack", "namespace": "argocd"}
    kind = {"apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet"}
    return json.dumps({**kind, "metadata": meta, "spec": spec})


def read(files: dict[str, str]) -> list[Step]:
    return argocd.steps(Folders(bundle_of(files).resources), Kinds(Catalog()))


def test_the_steps_of_a_rolling_sync_come_one_after_another() -> None:
    found = read({
        "delivery/set.yaml": rolling("b", "a", steps=("a", "b")),
        "out/a/x.yaml": config("x"), "out/b/y.yaml": config("y"),
    })  # fmt: skip
    assert [(one.name, one.after) for one in found] == [("stack-a", ()), ("stack-b", ("stack-a",))]
    assert found[0].key == Key("argoproj.io", "Application", "argocd", "stack-a")
    assert [r.name for r in found[1].applies] == ["y"]


def test_waves_and_hooks_of_an_application_are_steps() -> None:
    (first, second, third, last) = read({
        "delivery/set.yaml": rolling("a"), "out/a/x.yaml": config("x", "2"),
        "out/a/y.yaml": config("y"), "out/a/z.yaml": config("z", hook="PreSync"),
        "out/a/w.yaml": config("w", hook="PostSync"),
    })  # fmt: skip
    assert [[r.name for r in one.applies] for one in (first, second, third, last)] == [
        ["z"], ["y"], ["x"], ["w"],
    ]  # fmt: skip
    assert last.name == "stack-a" and last.after == (third.name,)
    assert [one.prune for one in (first, second, third, last)] == [False, False, False, True]


def test_an_application_that_no_step_selects_is_never_synced() -> None:
    found = rolled({
        "delivery/set.yaml": rolling("a", "b", steps=("a",)),
        "out/a/x.yaml": config("x"), "out/b/y.yaml": config("y"),
    })  # fmt: skip
    (one,) = found.blocked
    assert said(one) == (
        "Application argocd/stack-b never becomes ready: it needs a step of the RollingSync: no "
        "step selects its labels, so it is never synced"
    )


def test_argo_cd_prunes_at_the_end_of_a_step() -> None:
    both = {"out/a/x.yaml": config("x"), "out/a/y.yaml": config("y")}
    found = rolled(
        {"delivery/set.yaml": rolling("a"), "out/a/x.yaml": config("x")},
        {"delivery/set.yaml": rolling("a"), **both},
    )
    assert found.moments[0].pruned == (Key("", "ConfigMap", "", "y"),)
    assert found.engine == "argocd"


def test_argo_cd_judges_a_kind_by_its_settings_only() -> None:
    """The Lua of a kind that it does not ship is in `argocd-cm`. Without it, nothing is awaited."""
    kind = ("serving.kserve.io", "LLMInferenceService")
    assert Kinds(Catalog()).of(*kind).argocd == "bootstrap"
    assert Kinds(Catalog(), frozenset()).of(*kind).argocd == "none"
    assert Kinds(Catalog(), frozenset({"_".join(kind)})).of(*kind).argocd == "bootstrap"
    assert Kinds(Catalog(), frozenset()).of("apps", "Deployment").argocd == "built-in"
