"""What is killed: each command that exchanges folders, with the states that it may leave."""

from __future__ import annotations

import contextlib
import io
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.fuzz.seeds import DEFINITION
from stackgen.cli.main import cli
from stackgen.cli.output import write_folder
from stackgen.manifest.yaml_out import HEADER
from stackgen.tree import lock, stage, write
from stackgen.tree.compare import compare
from stackgen.tree.stage import Replacement

State = dict[str, bytes]


@dataclass(frozen=True)
class Writer:
    """A command that exchanges the folders of one folder.

    folder: its usual name. old, new: write the state before and the state after into the folder of
    a path. foreign: files of others, by their name in the folder.
    """

    name: str
    folder: str
    old: Callable[[str], None]
    new: Callable[[str], None]
    foreign: Mapping[str, str]

    def prepared(self, place: str) -> str:
        """The path of the folder in `place`, with the state before and files of others."""
        path = os.path.join(place, self.folder)
        self.old(path)
        for name, text in self.foreign.items():
            file = Path(path, name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return path

    def states(self) -> tuple[State, State]:
        """The files before and after, those of others included."""
        with tempfile.TemporaryDirectory() as place:
            path = self.prepared(place)
            old = contents(path)
            self.new(path)
            return old, contents(path)


def contents(path: str) -> State:
    """Every file below a folder with its bytes, the work folder included."""
    root = Path(path)
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def judge(path: str, states: Iterable[State], foreign: Mapping[str, str]) -> list[str]:
    """What is wrong with a folder after the next command. states: those that it may have."""
    found = contents(path)
    wrong = []
    own = {n: c for n, c in found.items() if n not in foreign}
    allowed = [{n: c for n, c in state.items() if n not in foreign} for state in states]
    litter = [n for n in os.listdir(path) if n.startswith(".")]
    litter += [n for n in found if stage.MARK in n or "stackgen-kept" in n]
    if litter:
        wrong.append("litter")
    if own not in allowed:
        wrong.append("missing" if any(set(own) < set(s) for s in allowed) else "mixed")
    if any(found.get(n) != text.encode() for n, text in foreign.items()):
        wrong.append("foreign lost")
    return wrong


def build(out: str, wanted: Mapping[str, Mapping[str, bytes]]) -> None:
    """What `stackgen build` does with `out/` when everything is compiled."""
    with write.alone(out):
        write.replace(
            Replacement(os.path.join(out, env), files, compare(os.path.join(out, env), files))
            for env, files in wanted.items()
        )


def _files(*texts: str) -> dict[str, bytes]:
    files = {f"{i}/file-{t}.yaml": f"{HEADER}\n{t}\n".encode() for i, t in enumerate(texts)}
    files["kustomization.yaml"] = f"{HEADER}\n{' '.join(texts)}\n".encode()
    files[lock.NAME] = lock.lock_text({}, "r", {}, "0", files)
    return files


OLD = {"dev": _files("a", "b"), "old": _files("c"), "same": _files("d")}
NEW: dict[str, dict[str, bytes]] = {"dev": _files("a", "x"), "new": _files("e"), "old": {}}


def _bootstrap(folder: str, *texts: str) -> None:
    """What `stackgen bootstrap` does when everything is compiled."""
    files = {f"cluster-{i}/{t}.yaml": f"{t}\n".encode() for i, t in enumerate(texts)}
    files["README.md"] = f"{' '.join(texts)}\n".encode()
    write_folder(os.path.join(folder, "prod"), files, {}, "r")


def _definition(group: str, plural: str, description: str) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(json.dumps(DEFINITION))
    made["metadata"]["name"] = f"{plural}.{group}"
    made["spec"]["group"] = group
    made["spec"]["names"] = {"kind": plural[:-1].capitalize(), "plural": plural}
    for version in made["spec"]["versions"]:
        version["schema"]["openAPIV3Schema"]["description"] = description
        version["schema"]["openAPIV3Schema"]["properties"][f"{description}Only"] = {
            "type": "string"
        }
    return made


@cache
def _inputs() -> tempfile.TemporaryDirectory[str]:
    """Made once, by the process that forks: the calls for it are not those of a write."""
    return tempfile.TemporaryDirectory(prefix="stackgen-crash-")


@cache
def _input(*definitions: tuple[str, str, str]) -> str:
    items = [_definition(*one) for one in definitions]
    file = Path(_inputs().name, f"{'-'.join(text for _, _, text in definitions)}.json")
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}), "utf-8")
    return str(file)


def _import(folder: str, *definitions: tuple[str, str, str]) -> None:
    """`stackgen schemas import`, whole."""
    file = _input(*definitions)
    with contextlib.redirect_stdout(io.StringIO()):
        cli.main(["schemas", "import", file, "--to", folder], standalone_mode=False)


WRITERS = (
    Writer(
        "build", "out", lambda out: build(out, OLD), lambda out: build(out, NEW),
        {"dev/NOTES.md": "notes", "dev/team/own.yaml": "kind: Own\n", "old/keep.txt": "keep"},
    ),
    Writer(
        "bootstrap", "bootstrap",
        lambda path: _bootstrap(path, "a", "b", "c"), lambda path: _bootstrap(path, "a", "x"),
        {"prod/NOTES.md": "notes", "prod/cluster-1/own.yaml": "kind: Own\n", "test/a.md": "test"},
    ),
    Writer(
        "schemas import", "schemas",
        lambda path: _import(path, ("a.com", "widgets", "old"), ("b.com", "parts", "old")),
        lambda path: _import(
            path, ("a.com", "widgets", "new"), ("a.com", "bolts", "new"), ("c.com", "nuts", "new")
        ),
        {"a.com/NOTES.md": "notes", "a.com/own_v1.json": "{}", "b.com/own.txt": "own"},
    ),
)  # fmt: skip
