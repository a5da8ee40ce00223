"""Imports point downwards, and heavy libraries are imported only where they are used."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox import ROOT, run_ok

PACKAGE = ROOT / "generator" / "stackgen"

# What the modules of each room may import, by name. A room may always import itself. Data flows
# from top to bottom; a room knows the rooms whose results it reads and no others.
GROUND = {
    "cache", "derived", "digits", "errors", "escape", "folders", "garbage", "modules", "paths",
    "progress", "reading", "record", "redact", "regex", "spelling", "table", "wording",
    "__version__",
}  # fmt: skip
MAY_IMPORT: dict[str, set[str]] = {
    "digits": set(),
    "errors": set(),
    "folders": {"errors"},
    "garbage": set(),
    "escape": {"redact", "regex"},
    "modules": {"derived"},
    "paths": set(),
    "cache": {"paths", "__version__"},
    "derived": {"__version__"},
    "reading": {"cache", "errors"},
    "progress": {"escape"},
    "record": set(),
    "redact": {"regex"},
    "regex": {"derived"},
    "spelling": set(),
    "table": {"escape"},
    "wording": set(),
    "origin": {"manifest", "redact", "record"},
    "manifest": {"origin"} | GROUND,
    "findings": {"manifest", "origin"} | GROUND,
    "catalog": {"manifest", "origin", "findings"} | GROUND,
    "spec": {"manifest", "origin"} | GROUND,
    "plan": {"spec", "catalog", "facts", "origin", "manifest"} | GROUND,
    # Blocks for whatever renders: layers and serving platforms.
    "render": {"plan", "spec", "facts", "origin", "manifest"} | GROUND,
    "platforms": {"schema", "render", "plan", "spec", "catalog", "facts", "manifest", "origin"}
    | GROUND,
    "layers": {
        "platforms",
        "render",
        "schema",
        "plan",
        "spec",
        "catalog",
        "facts",
        "origin",
        "manifest",
    }
    | GROUND,
    "schema": {"manifest", "facts"} | GROUND,
    # What manifests mean: below the platforms, the network, the checks and the review.
    "facts": {"manifest", "findings", "catalog"} | GROUND,
    # Policies are judged on the bundle; the plan says only which flows it needs.
    "net": {"catalog", "facts", "platforms", "manifest", "origin", "spec", "plan"} | GROUND,
    # The moments of a delivery: flows under the policies that are in force at each.
    "rollout": {"schema", "net", "platforms", "catalog", "facts", "manifest"} | GROUND,
    # Checks see the bundle and, for its types, what made it; never how it was made.
    "checks": GROUND
    | {
        "schema",
        "facts",
        "platforms",
        "net",
        "rollout",
        "findings",
        "manifest",
        "origin",
        "spec",
        "plan",
        "catalog",
    },
    "enforce": {"checks", "findings", "manifest"} | GROUND,
    "machines": {"manifest"} | GROUND,
    "benchmark": {"plan", "platforms", "render", "spec", "manifest", "origin"} | GROUND,
    "bootstrap": {"facts", "plan", "catalog", "manifest", "origin", "platforms", "machines", "spec"}
    | GROUND,
    "provenance": {"manifest", "origin", "spec"} | GROUND,
    # What the user's repository brings, and the Context of a run on it.
    "repository": GROUND | {"spec", "catalog", "schema", "plan", "checks", "findings", "manifest"},
    "compiler": GROUND
    | {"repository", "spec", "catalog", "plan", "layers", "checks", "findings", "manifest"},
    # The environments of a build, and the processes that share them.
    "fleet": GROUND | {"compiler", "findings", "manifest", "spec", "checks", "tree"},
    # A review reads both sides' objects, and asks what knows of servers, prices and connections.
    "review": GROUND
    | {
        "facts",
        "manifest",
        "origin",
        "schema",
        "findings",
        "compiler",
        "spec",
        "catalog",
        "plan",
        "platforms",
        "net",
        "rollout",
        "checks",
    },
    # The rows of two releases, and what an input has to do with their differences.
    "releases": {"schema", "catalog", "facts", "manifest"} | GROUND,
    "upgrade": GROUND
    | {
        "releases",
        "review",
        "compiler",
        "repository",
        "checks",
        "spec",
        "facts",
        "findings",
        "catalog",
        "manifest",
    },
    "report": GROUND
    | {
        "upgrade",
        "releases",
        "findings",
        "checks",
        "manifest",
        "plan",
        "provenance",
        "origin",
        "review",
        "rollout",
        "diagnose",
        "net",
        "catalog",
    },
    "diagnose": {"manifest", "facts"} | GROUND,
    # An editor gets what the commands say: findings, fields, origins.
    "editor": GROUND
    | {
        "catalog",
        "checks",
        "cli",
        "compiler",
        "findings",
        "manifest",
        "origin",
        "provenance",
        "report",
        "repository",
        "spec",
    },
    # What exists is read, compiled as a stack, and compared.
    "adopt": GROUND
    | {"catalog", "compiler", "facts", "findings", "manifest", "plan", "platforms", "render"}
    | {"spec", "starter"},
    # A stack from a model is compiled for each accelerator, and priced.
    "starter": GROUND | {"compiler", "catalog", "plan", "facts", "findings", "manifest"},
    "tree": {"compiler", "manifest"} | GROUND,
}
# These put everything together.
TOP = {"cli", "start", "__main__"}

# Some commands need some of these, some of the time; starting needs none.
HEAVY = {"jsonschema_rs", "regorus", "cel_expr_python", "ruamel", "google", "jinja2"}


def _files() -> Iterator[tuple[str, Path]]:
    """Every module with its room: the folder or the file directly below the package."""
    for file in sorted(PACKAGE.rglob("*.py")):
        yield file.relative_to(PACKAGE).parts[0].removesuffix(".py"), file


def _imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, a.name) for a in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute"
            if node.module == "stackgen":
                yield from ((node.lineno, f"stackgen.{a.name}") for a in node.names)
            elif node.module:
                yield node.lineno, node.module


def _parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


# The platform itself, and the rules about its API. Data files may name its kinds as well.
KNOWS_KSERVE = ("platforms/kserve/", "checks/serving/")
ITS_NAMES = re.compile(
    r"LLMInferenceService|serving\.kserve\.io|llmisvc|platforms\.kserve|-kserve\b"
)


def test_no_other_code_names_the_kinds_of_a_platform() -> None:
    wrong, known = [], set()
    for _, file in _files():
        part = file.relative_to(PACKAGE).as_posix()
        found = ITS_NAMES.search(file.read_text(encoding="utf-8"))
        if found is not None:
            known |= {folder for folder in KNOWS_KSERVE if part.startswith(folder)}
            if not part.startswith(KNOWS_KSERVE):
                wrong.append(f"{part}: {found[0]}")
    assert wrong == []
    assert known == set(KNOWS_KSERVE), "the search finds nothing where it must"


def test_every_room_has_its_line_in_the_table() -> None:
    rooms = {room for room, _ in _files()} - {"__init__"}
    assert rooms - TOP == set(MAY_IMPORT)


def test_imports_point_downwards() -> None:
    wrong = []
    for room, file in _files():
        if room in TOP or room == "__init__":
            continue
        for line, name in _imports(_parsed(file)):
            target = name.split(".")[1] if name.startswith("stackgen.") else room
            if target != room and target not in MAY_IMPORT[room]:
                where = f"{file.relative_to(ROOT)}:{line}"
                wrong.append(f"{where}: {room} must not import {target}")
    assert wrong == []


def test_the_table_has_no_circle_but_the_ground() -> None:
    """`origin` and `manifest` know each other's data types; nothing else goes in circles."""
    done = {"origin", "manifest"}
    left = {room: may - done for room, may in MAY_IMPORT.items() if room not in done}
    while left:
        free = {room for room, may in left.items() if not may & set(left)}
        assert free, f"these import each other: {sorted(left)}"
        left = {room: may for room, may in left.items() if room not in free}


def _at_start(tree: ast.Module) -> Iterator[ast.stmt]:
    """The statements that run when the module is imported, type checking left out."""
    for node in tree.body:
        typing_only = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        if not typing_only and not isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node


def test_heavy_libraries_are_imported_inside_functions() -> None:
    wrong = [
        f"{file.relative_to(ROOT)}:{line}: {name}"
        for _, file in _files()
        for node in _at_start(_parsed(file))
        for line, name in _imports(node)
        if name.partition(".")[0] in HEAVY
    ]
    assert wrong == []


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["build", "--help"]])
def test_help_needs_no_heavy_library(arguments: list[str]) -> None:
    program = (
        "import sys\n"
        "from stackgen.cli.main import cli\n"
        f"cli.main({arguments!r}, standalone_mode=False)\n"
        "sys.stderr.write('LOADED ' + ' '.join({m.split('.')[0] for m in sys.modules}) + '\\n')\n"
    )
    printed = run_ok([sys.executable, "-c", program], ROOT)
    (loaded,) = [line for line in printed.splitlines() if line.startswith("LOADED ")]
    assert set(loaded.split()[1:]) & HEAVY == set()
