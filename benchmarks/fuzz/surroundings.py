"""Targets for what stands around manifests: policies, rows, Kustomize, Git, arguments."""

from __future__ import annotations

import json
import os
import random
import subprocess
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import yaml

from benchmarks.fuzz.mutate import TOKENS, VALUES, mutated, text_of
from benchmarks.fuzz.seeds import ROOT, documents, manifests, stack

CATALOG = ROOT / "generator" / "stackgen" / "catalog"
PATH = os.environ.get("PATH", os.defpath)
# Rules that say what a policy may not say, and that take what there is.
_POLICIES = (
    """package main
import rego.v1
deny contains msg if { input.kind == "Pod"; msg := sprintf("%v: %v", [input.kind, data.x]) }
warn_a contains {"msg": m, "id": i, "path": p} if { some p, m; i := input.metadata.name }
exception contains rules if { rules := ["a", input.kind] }
""",
    """package a.b["c-d"]
violation[{"msg": msg, "path": path, "details": input}] {
    walk(input, [path, msg]); is_string(msg)
}
deny[msg] { msg := json.marshal(input) }
""",
    """package main
import rego.v1
many := numbers.range(1, 3000)
deny contains x if { some a in many; some b in many; x := a * b; x < 0 }
deny contains x if { some x in {1, null, true, [], {}, "a", {"msg": 1}, {"msg": "m", "id": []}} }
warn contains regex.replace(input.kind, "(a+)+$", "b") if { true }
""",
)
_WORDS = (
    "if", "contains", ":=", "some", "in", "every", "not", "with input as", "{", "}", "[", "]", '"',
    "data.", "input.", "import", "package", "default", "else", "_", "1e999", "=", "walk(", "\n",
    "object.get(", "numbers.range(1, 2000)", "http.send({})", "opa.runtime()", "# METADATA",
)  # fmt: skip


@cache
def _policies() -> tuple[str, ...]:
    """What is shipped, and what it would not say."""
    shipped = sorted((ROOT / "policies").glob("*.rego"))
    return (*_POLICIES, *(file.read_text("utf-8") for file in shipped))


def _changed(text: str, chance: random.Random) -> bytes:
    """The text of a policy with up to four changes to its words."""
    for _ in range(chance.randint(0, 4)):
        parts = text.split(" ")
        at, other = (chance.randrange(len(parts)) for _ in range(2))
        what = chance.random()
        if what < 0.4:
            parts[at] = chance.choice(_WORDS)
        elif what < 0.6:
            parts[at] = parts[other]
        elif what < 0.8:
            parts[at] += chance.choice(TOKENS)
        else:
            del parts[at]
        text = " ".join(parts) or " "
    return text.encode("utf-8", "surrogatepass")


def policies(folder: Path, chance: random.Random) -> list[str]:
    """Policies of a user's, with data beside them."""
    place = folder / "policies"
    place.mkdir()
    for number in range(chance.randint(1, 2)):
        text = chance.choice(_POLICIES if chance.random() < 0.6 else _policies())
        (place / f"{number}.rego").write_bytes(_changed(text, chance))
    if chance.random() < 0.3:
        (place / "data.yaml").write_bytes(text_of(mutated({"x": {"a": [1]}}, chance), chance))
    return ["lint", manifests(folder, chance), "--policy", str(place), "--select", "policy"]


def rows(folder: Path, chance: random.Random) -> list[str]:
    """Rows of a user's catalog, releases among them."""
    env = stack(folder, chance, "")
    place = folder / "catalog"
    (place / "releases").mkdir(parents=True)
    for _ in range(chance.randint(1, 2)):
        file = chance.choice(sorted((*CATALOG.glob("*.yaml"), *CATALOG.glob("releases/*.yaml"))))
        shelf = json.loads(json.dumps(yaml.safe_load(file.read_text("utf-8")), default=str))
        inside = file.relative_to(CATALOG)
        if inside.parent == Path("."):
            names = sorted(shelf)
            shelf = {name: shelf[name] for name in chance.sample(names, min(3, len(names)))}
        (place / inside).write_bytes(text_of(mutated(shelf, chance), chance))
    at = ["-C", str(folder)]
    return chance.choice((
        ["plan", *at], ["build", "--check", *at], ["lint", str(folder / "stack.yaml"), *at],
        ["cluster", "--env", env, *at], ["policies", "facts", "--env", env, *at],
    ))  # fmt: skip


_KUSTOMIZATION = {
    "apiVersion": "kustomize.config.k8s.io/v1beta1",
    "kind": "Kustomization",
    "resources": ["in.yaml"],
    "patches": [{"path": "patch.yaml", "target": {"kind": "Pod"}}, {"patch": "a: 1\n"}],
    "patchesStrategicMerge": ["other.yaml"],
    "configMapGenerator": [{"name": "a", "files": ["b=c.yaml", "d.yaml"]}],
    "replacements": [{"path": "e.yaml"}],
}
_ORIGIN = {"path": "in.yaml", "repo": "", "ref": "main", "configuredIn": "kustomization.yaml"}


def kustomize(folder: Path, chance: random.Random) -> list[str]:
    """A folder that Kustomize reads, or what a program in its place prints."""
    (folder / "kustomization.yaml").write_bytes(text_of(mutated(_KUSTOMIZATION, chance), chance))
    if chance.random() < 0.5:
        manifests(folder, chance)
        return ["lint", str(folder)]
    made = []
    for document in chance.sample(documents(), chance.randint(1, 3)):
        meta = dict(document["metadata"]) if isinstance(document.get("metadata"), dict) else {}
        origin = text_of(mutated(_ORIGIN, chance), chance).decode("utf-8", "replace")
        meta["annotations"] = {"config.kubernetes.io/origin": origin}
        made.append(text_of(mutated({**document, "metadata": meta}, chance), chance))
    printed = folder / "printed"
    printed.write_bytes(b"\n---\n".join(made))
    program = folder / "bin" / "kustomize"
    program.parent.mkdir()
    errors = "echo 'Error: x' >&2; exit 1" if chance.random() < 0.1 else ""
    program.write_text(f"#!/bin/sh\ncat {printed}\n{errors}\n", "utf-8")
    program.chmod(0o755)
    os.environ["PATH"] = f"{program.parent}{os.pathsep}{PATH}"
    return ["lint", "--kustomize", str(folder)]


def previous(folder: Path, chance: random.Random) -> list[str]:
    """Manifests with the ones that they replace."""
    document = chance.choice(documents())
    for name in ("old.yaml", "new.yaml"):
        (folder / name).write_bytes(text_of(mutated(document, chance), chance))
    return ["lint", str(folder / "new.yaml"), "--previous", str(folder / "old.yaml")]


_REFS = (
    "HEAD", "HEAD~1", "HEAD^{tree}", "HEAD:stack.yaml", "@{-1}", "main", "odd", ":/x", "^HEAD",
    "HEAD..HEAD", "HEAD@{99999999999999999999}", "--output=x", "-h", "refs/heads/*", "0" * 40,
    "f" * 4000, "a b", "\u202e", "stack.yaml", "HEAD^99999999999999999999", "HEAD^{/(}", "@",
)  # fmt: skip
# Entries of trees: modes and names that a work tree would not have.
_MODES = ("100644", "100755", "120000", "160000", "040000")
_NAMES = (
    b"stack.yaml", b"out", b"overlays", b"a.yaml", b"\xff\xfe", b"a\nb", b"\x1b[31m.yaml", b"..",
    b".git", b"%0A::error::x.yaml", b"C:\\x", b"a" * 300, "\u202e.yaml".encode(), b"-h",
)  # fmt: skip


def _git(folder: Path, *arguments: str, given: bytes = b"") -> str:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main")
    done = subprocess.run(
        ["git", "-C", str(folder), *who, *arguments], input=given, capture_output=True, check=True
    )
    return done.stdout.decode("utf-8", "replace").strip()


def _odd_tree(folder: Path, chance: random.Random, levels: int = 2) -> str:
    """The id of a tree whose entries are anything."""
    blob = _git(folder, "hash-object", "-w", "--stdin", given=text_of(
        mutated(chance.choice(documents()), chance), chance))  # fmt: skip
    entries = {}
    for name in chance.sample(_NAMES, chance.randint(1, 5)):
        mode = chance.choice(_MODES)
        if mode == "040000":
            inner = _odd_tree(folder, chance, levels - 1) if levels else ""
            mode, held = (mode, f"tree {inner}") if inner else ("100644", f"blob {blob}")
        else:
            held = f"commit {'1' * 40}" if mode == "160000" else f"blob {blob}"
        entries[name] = f"{mode} {held}\t".encode() + name
    return _git(folder, "mktree", "-z", "--missing", given=b"\0".join(entries.values()) + b"\0")


def git(folder: Path, chance: random.Random) -> list[str]:
    """Commits: of a spec, of `out/`, and of trees that no work tree has."""
    stack(folder, chance, chance.choice(("", "spec", "overlay")))
    (folder / "out" / "prod").mkdir(parents=True)
    manifests(folder / "out" / "prod", chance)
    _git(folder, "init", "-q")
    _git(folder, "add", "-A")
    _git(folder, "commit", "-q", "-m", "x")
    if chance.random() < 0.6:
        tree = _odd_tree(folder, chance)
        commit = _git(folder, "commit-tree", tree, "-p", "HEAD", "-m", "x\x1b[0m")
        _git(folder, "update-ref", "refs/heads/odd", commit)
    manifests(folder / "out" / "prod", chance)
    ref = chance.choice((chance.choice(_REFS), "HEAD", "odd"))
    exact_ = ["--exact"] if chance.random() < 0.5 else []
    at = ["--against", ref, *exact_, "-C", str(folder)]
    path = str(folder / chance.choice(("out", "a.yaml", "stack.yaml", "\udcff", "x/../..")))
    form = ["--output-format", chance.choice(("text", "json", "markdown"))]
    return ["diff", *chance.choice(([], [path])), *at, *form]


_PLACES = (
    "stack.yaml:{n}", "stack.yaml:{n}:{n}", "{w}:{n}", "overlays/prod/stack.yaml:3",
    "out/prod/{w}:1",
    "spec.{w}", "spec.serving.models[{n}].replicas", "{w}/{w}:spec.{w}", "spec[{n}][{n}]", "{w}",
    'spec["{w}"]', "LLMInferenceService/{w}:spec.replicas", ":{n}", "{w}:", "spec..a", "a.b[",
)  # fmt: skip


def _odd(chance: random.Random) -> str:
    """A text that a shell can hand over."""
    values = [v for v in VALUES if isinstance(v, str)]
    text = chance.choice((*values, "prod", "qwen", "9" * 5000, "\udcff\udcfe", "..", "~", "$HOME"))
    raw = text.encode("utf-8", "surrogateescape" if "\udcff" in text else "replace")
    return os.fsdecode(raw.replace(b"\0", b""))


def arguments(folder: Path, chance: random.Random) -> list[str]:
    """Odd arguments of the commands that take names, places and folders."""
    (folder / "s").mkdir()
    stack(folder / "s", chance, "")
    odd, other = _odd(chance), _odd(chance)
    place = chance.choice(_PLACES).format(n=chance.choice((0, 1, 7, -1, "9" * 5000)), w=odd)
    # Nothing is to be written outside of the folder of the case.
    inside = str(folder / (odd.replace("/", "_").replace("..", "_") or "x"))
    env, at = chance.choice(("prod", odd)), ["-C", str(folder / "s")]
    file = str(folder / "s" / "stack.yaml")
    return chance.choice((
        ["bootstrap", "--env", env, "--out", inside, *at],
        ["cluster", "--env", env, "--format", "terraform", *at],
        ["trace", "--env", env, place, *at], ["trace", place, *at],
        ["impact", place, *at], ["impact", "--env", env, place, *at],
        ["plan", "--what-if", f"{odd}={other}", *at], ["plan", "--what-if", odd, *at],
        ["plan", "--what-if", f"spec.{odd}={other}", "--env", env, *at],
        ["diff", "--between", "prod", env, *at], ["build", "--check", "--env", env, *at],
        ["build", "--remove-env", env, *at], ["net", "list", "--env", env, *at],
        ["net", "query", odd, other, "--env", "prod", *at],
        ["net", "query", f"{odd}:{other}", f"{other}/{odd}", *at],
        ["explain", odd], ["rules", "--select", odd], ["lint", file, "--select", f"{odd},{other}"],
        ["lint", file, "--release", odd], ["lint", inside], ["expand", inside],
        ["lint", file, "--data", inside, "--policy", inside, "--schemas", inside],
        ["policies", "export", "--format", "vap", "--out", inside, "--select", odd, *at],
        ["policies", "export", "--format", "gatekeeper", "--out", inside, "--namespace", odd, *at],
        ["init", inside], ["init", inside, "--pattern", odd], [odd, other],
        ["schemas", "import", file, "--to", inside], ["schemas", "list", "--schemas", inside],
    ))  # fmt: skip


TARGETS: Mapping[str, Callable[[Path, random.Random], list[str]]] = {
    "policies": policies, "rows": rows, "kustomize": kustomize, "previous": previous, "git": git,
    "arguments": arguments,
}  # fmt: skip
