"""An environment for which nothing changed is not proven again, and its result is the same."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from stackgen import redact
from stackgen.cache import parts, seen, store
from stackgen.findings.model import Fix
from stackgen.findings.pipeline import Options
from stackgen.findings.rules import all_rules
from stackgen.findings.select import Selection
from stackgen.fleet import kept, proven
from stackgen.fleet.prove import prove
from stackgen.fleet.proven import Proven, Task
from tests.stacks import ROOT

ENVS = ("a", "b")
RULES = ("spec", "gitops-stale-output", "supply-image-digest", "tpu-spot-single-replica")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    stack = tmp_path / "stack"
    text = (ROOT / "stack.yaml").read_text(encoding="utf-8")
    for name, content in (("", text), *((f"overlays/{env}", "") for env in ENVS)):
        (stack / name).mkdir(parents=True, exist_ok=True)
        (stack / name / "stack.yaml").write_text(content, encoding="utf-8")
    return stack


@pytest.fixture
def run(root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], set[str]]]:
    """Proves as one run does, compares with a run that keeps nothing; what was proven."""
    real = proven._proven
    done: list[str] = []
    task = Task(str(root), ENVS, _options(), date(2026, 11, 30), check=True, keep=False)
    monkeypatch.setattr(parts, "_RUN", [parts._Run()])
    monkeypatch.setattr(proven, "_proven", lambda t, env, i: done.append(env) or real(t, env, i))

    def once() -> set[str]:
        redact.forget()
        fresh = prove(task)
        done.clear()
        redact.forget()
        monkeypatch.setattr(seen, "_RUN", seen._Run())
        seen._RUN.looks = {}
        parts.begin(str(root.parent / "cache"), "key")
        assert prove(task) == fresh
        parts.end()
        parts.begin("", "")
        return set(done)

    yield once
    redact.forget()


def _options() -> Options:
    return Options(Selection(all_rules(), RULES))


def _overlay(root: Path, env: str, inner: str) -> None:
    (root / "overlays" / env / "stack.yaml").write_text(f"spec: {{{inner}}}\n", encoding="utf-8")


def _spot(root: Path) -> None:
    _overlay(root, "a", "cluster: {nodePools: [{name: tpu-v6e-pool, purchase: spot}]}")


def _file(root: Path) -> None:
    (root / "out" / "b").mkdir(parents=True)
    (root / "out" / "b" / "x.yaml").write_text("a: 1\n", encoding="utf-8")


def _model(root: Path) -> None:
    text = (root / "stack.yaml").read_text(encoding="utf-8")
    pool = "nodePool: tpu-v6e-pool\n"
    (root / "stack.yaml").write_text(text.replace(pool, f"{pool}        maxModelLen: 2048\n"))


def _secret(root: Path) -> None:
    object_ = (
        "{apiVersion: v1, kind: Secret, metadata: {name: x}, stringData: {a: s3cr3t-v4lu3-99}}"
    )
    _overlay(root, "a", f"extraObjects: [{object_}]")


def _wrong(root: Path) -> None:
    _overlay(root, "b", "clustr: {}")


def test_what_changes_is_proven_again(root: Path, run: Callable[[], set[str]]) -> None:
    both = set(ENVS)
    assert (run(), run()) == (both, set())
    # An environment with an error in the spec is not kept.
    for change, again in (
        (_spot, {"a"}), (_file, {"b"}), (_model, both), (_wrong, {"b"}),
    ):  # fmt: skip
        change(root)
        assert (change, run()) == (change, again)


def test_a_secret_of_one_overlay_concerns_all(root: Path, run: Callable[[], set[str]]) -> None:
    run()
    _secret(root)  # it is hidden in what is printed of every environment
    assert run() == set(ENVS)


def test_what_cannot_be_kept(root: Path, run: Callable[[], set[str]]) -> None:
    task = Task(str(root), ENVS, _options(), date(2026, 11, 30), check=True, keep=False)
    one = prove(task)[0]
    located = next(x for x in one.located if x.locations)
    shown = dataclasses.replace(located.finding, message="hf_abcdefghijklmnopqrstuvwxyzABCDEFGH")
    others: dict[str, Any] = {
        "looks": {"is_alone": False}, "errors": {"rendered": False},
        "fix": {"finding": dataclasses.replace(located.finding, fix=Fix("stack.yaml", ("a",)))},
        "secret": {"finding": shown},
        "rule": {"finding": dataclasses.replace(
            located.finding, rule=dataclasses.replace(located.finding.rule, id="own")
        )},
    }  # fmt: skip
    assert kept._body(one)
    for name, change in others.items():
        changed = change
        if "finding" in change:
            changed = {"located": (dataclasses.replace(located, **change),)}
        assert (name, kept._body(dataclasses.replace(one, **changed))) == (name, "")


def test_an_environment_that_reads_the_overlay_of_another(
    root: Path, run: Callable[[], set[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = proven._proven

    def reads(task: Task, env: str, inputs: Any) -> Proven:
        seen.again(f"{root}/overlays/b/stack.yaml")
        return real(task, env, inputs)

    monkeypatch.setattr(proven, "_proven", reads)
    assert [x.is_alone for x in prove(Task(
        str(root), ENVS, _options(), date(2026, 11, 30), check=True, keep=False
    ))] == [False, True]  # fmt: skip


@pytest.mark.parametrize("raw", [b"", b"[", b"[]", b"{}", b'{"basis": "x", "parts": 1}'])
def test_a_damaged_entry_is_nothing(
    raw: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "_RUN", [parts._Run(str(tmp_path), "key")])
    for body in (raw, b'{"basis": "x", "shared": [["other", "a", ""]], "parts": {}}'):
        store.put(str(tmp_path), parts._RUN[0].key, body)
        assert parts.known("x") == {}
