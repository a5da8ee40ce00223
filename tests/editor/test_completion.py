"""The path at a cursor, in texts that are half typed."""

from __future__ import annotations

import pytest

from stackgen.catalog.load import Catalog
from stackgen.editor.completion import cursor, named

SPEC = """\
kind: Stack
spec:
  release: x
  cluster:
    nodePools:
      - {name: cpu, machineType: n}
      - name: tpu
        accelerator: v6e
        nodes:
          max: 2
  serving:
    # words
    models:
    - name: qwen
      model: hf://a/b
      nodePool: tpu
"""


def at(mark: str) -> tuple[tuple[str, ...], str, str] | None:
    """The cursor at | in a text that stands for the line of SPEC that begins alike."""
    typed = mark.replace("|", "")
    lines = SPEC.splitlines()
    line = next(i for i, x in enumerate(lines) if x.startswith(typed[: mark.index("|")]) or x == "")
    lines[line] = typed
    found = cursor(lines, line, mark.index("|"))
    return None if found is None else (found.path, found.key, found.typed)


@pytest.mark.parametrize(
    ("mark", "path", "key", "typed"),
    [
        ("  rel|", "spec", "", "rel"),
        ("  release: x|", "spec", "release", "x"),
        ("      - {name: cpu, mach|", "spec.cluster.nodePools", "", "mach"),
        ("      - {name: cpu, machineType: n|", "spec.cluster.nodePools", "machineType", "n"),
        ("      - name: tpu|", "spec.cluster.nodePools", "name", "tpu"),
        ("        acc|", "spec.cluster.nodePools", "", "acc"),
        ("        accelerator: v|", "spec.cluster.nodePools", "accelerator", "v"),
        ("          max: |", "spec.cluster.nodePools.nodes", "max", ""),
        ("    - name: q|", "spec.serving.models", "name", "q"),
        ("      model: hf://a|", "spec.serving.models", "model", "hf://a"),
        ("      nodeP|", "spec.serving.models", "", "nodeP"),
        ("    mod|", "spec.serving", "", "mod"),
        ("ki|", "", "", "ki"),
    ],
)
def test_the_path_of_a_cursor(mark: str, path: str, key: str, typed: str) -> None:
    assert at(mark) == (tuple(path.split(".")) if path else (), key, typed)


def test_a_flow_mapping_in_a_flow_mapping() -> None:
    text = "  traffic: {a: {b: 1}, c: [x, y], slo: {ttft: {p9"
    found = cursor(["spec:", text], 1, len(text))
    assert found is not None
    assert (found.path, found.key, found.typed) == (("spec", "traffic", "slo", "ttft"), "", "p9")


def test_a_comment_has_no_path() -> None:
    assert cursor(["spec: # wor"], 0, 11) is None


NAMES = """\
spec:
  cluster:
    nodePools:
    - {name: cpu, machineType: n}
    - name: tpu
      accelerator: v6e
  gateway:
    authentication: {apiKeys: [{name: app-a, secret: s}]}
    name: not-a-key
"""


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("spec.serving.models.nodePool", ["cpu", "tpu"]),
        ("spec.serving.models.prefill.nodePool", ["cpu", "tpu"]),
        ("spec.gateway.tenants.apiKeys", ["app-a"]),
    ],
)
def test_names_of_the_stack_are_offered(path: str, expected: list[str]) -> None:
    """Also in a text that is not YAML yet."""
    for text in (NAMES, f"{NAMES}  serving: {{models: [{{nodePool: "):
        assert [name for name, _ in named(path, text, Catalog())] == expected
