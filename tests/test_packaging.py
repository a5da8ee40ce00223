"""The wheel holds all it needs and works away from the repository; so does one from the sdist."""

from __future__ import annotations

import ast
import json
import re
import shutil
import sys
import sysconfig
import tarfile
import zipfile
from email.parser import Parser
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from stackgen.findings.rules import from_index, from_pages
from stackgen.manifest.shipped import parsed
from tests import sandbox

pytest.importorskip("hatchling", reason="hatchling builds the packages")


# What stackgen does not read, and so does not ship.
NOT_SHIPPED = re.compile(r"_test\.rego$|^stackgen/_data/(?:policies|runbooks)/README\.md$")
# Each kind of file that it does read, by the folder below which it stands.
SHIPPED = {
    "stackgen/_data/outputs/": {".json"},
    "stackgen/_data/policies/": {".rego", ".yaml"},
    "stackgen/_data/rules/": {".json"},
    "stackgen/_data/runbooks/": {".md"},
    "stackgen/_data/schemas/": {".json", ".yaml", ""},
    "stackgen/catalog/engines/": {".json"},
    "stackgen/catalog/charts/": {".json"},
    "stackgen/catalog/picker_programs/": {".json"},
    "stackgen/report/templates/": {".css", ".html", ".js"},
    "stackgen/bootstrap/scripts/": {".lua", ".sh"},
    "stackgen/enforce/": {".rego", ".py", ".yaml", ".json"},
    "stackgen/net/": {".css", ".py", ".yaml", ".json"},
    "stackgen/report/": {".html", ".py", ".yaml", ".json"},
    "stackgen/starter/files/": {".yml", ".yaml", ".md"},
    "stackgen/": {".py", ".yaml", ".json", ".typed"},
}


def _wheel(source: Path, into: Path) -> Path:
    command = ["-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    sandbox.run_ok([sys.executable, *command, "-w", str(into), str(source)], into.parent)
    (wheel,) = into.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    return _wheel(sandbox.repository(folder / "source"), folder / "wheels")


def _installed(wheel: Path, folder: Path) -> Path:
    """A fresh venv with the wheel; its dependencies are those of the running Python."""
    venv = folder / "venv"
    sandbox.run_ok([sys.executable, "-m", "venv", "--without-pip", str(venv)], folder)
    python = venv / "bin" / "python"
    purelib = sandbox.run_ok(
        [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], folder
    ).strip()
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    sandbox.run_ok([*pip, "--no-deps", "--no-index", str(wheel)], folder)
    # A plain line of a .pth file adds a folder, and does not run the .pth files in it: the
    # editable stackgen of the running Python stays out.
    link = Path(purelib) / "dependencies.pth"
    link.write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return venv


def _builds_the_reference(venv: Path, folder: Path) -> None:
    stack = sandbox.stack(folder / "stack")
    for file in sorted((stack / "out").rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    env = sandbox.environment()
    program = str(venv / "bin" / "stackgen")
    where = [str(venv / "bin" / "python"), "-c", "import stackgen; print(stackgen.__file__)"]
    assert sandbox.run_ok(where, elsewhere, env).startswith(str(venv))
    sandbox.run_ok([program, "build", "-C", str(stack)], elsewhere, env)
    assert sandbox.same_trees(stack / "out", sandbox.ROOT / "out") == []
    # What it needs to begin with comes along too.
    sandbox.run_ok([program, "init", "mine"], elsewhere, env)
    sandbox.run_ok([program, "build", "-C", "mine"], elsewhere, env)


def test_a_wheel_installed_elsewhere_builds_the_reference_stack(
    wheel: Path, tmp_path: Path
) -> None:
    _builds_the_reference(_installed(wheel, tmp_path), tmp_path)


def test_a_wheel_made_from_the_sdist_is_the_same(wheel: Path, tmp_path: Path) -> None:
    source = sandbox.repository(tmp_path / "source")
    sandbox.run_ok(
        [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(tmp_path)], source
    )
    (sdist,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    assert _contents(_wheel(unpacked, tmp_path / "wheels")) == _contents(wheel)


def _contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {n: archive.read(n) for n in archive.namelist() if not n.endswith("/RECORD")}


@pytest.mark.parametrize("folder", ["schemas", "policies", "generator/stackgen"])
def test_the_wheel_holds_every_data_file(wheel: Path, folder: str) -> None:
    root = sandbox.ROOT / folder
    below = "stackgen/" if folder.startswith("generator") else f"stackgen/_data/{folder}/"
    files = {
        below + file.relative_to(root).as_posix(): file.read_bytes()
        for file in root.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    wanted = {name: data for name, data in files.items() if not NOT_SHIPPED.search(name)}
    contents = _contents(wheel)
    assert len(wanted) > 50
    assert [name for name, data in wanted.items() if contents.get(name) != data] == []


def test_the_wheel_holds_the_index_of_the_pages_of_the_rules(wheel: Path) -> None:
    index = json.loads(_contents(wheel)["stackgen/_data/rules/index.json"])
    assert from_index(index) == from_pages(str(sandbox.ROOT / "docs" / "rules"))


def test_the_wheel_holds_each_data_file_as_json(wheel: Path) -> None:
    contents = _contents(wheel)
    copied = ("stackgen/_data/", "stackgen/patterns/", "stackgen/starter/")
    names = [n for n in contents if n.endswith(".yaml") and not n.startswith(copied)]
    assert len(names) > 30
    for name in names:
        text = contents[name].decode("utf-8")
        assert json.loads(contents[f"{name}.json"]) == parsed(text, name)


def test_the_wheel_holds_the_schemas_of_outputs(wheel: Path) -> None:
    contents = _contents(wheel)
    for file in (sandbox.ROOT / "docs").glob("*.schema.json"):
        assert contents[f"stackgen/_data/outputs/{file.name}"] == file.read_bytes()


def test_the_wheel_holds_every_runbook(wheel: Path) -> None:
    contents = _contents(wheel)
    for page in (sandbox.ROOT / "docs" / "runbooks").glob("*.md"):
        name = f"stackgen/_data/runbooks/{page.name}"
        assert (name in contents) == (page.name != "README.md")
        assert page.name == "README.md" or contents[name] == page.read_bytes()


def test_the_wheel_holds_nothing_else(wheel: Path) -> None:
    names = [n for n in _contents(wheel) if not n.startswith("stackgen-")]
    assert [n for n in names if not _is_read(n) or NOT_SHIPPED.search(n)] == []


def _is_read(name: str) -> bool:
    """Whether a file of the wheel is of a kind that stackgen reads from its folder."""
    for folder, kinds in SHIPPED.items():
        if name.startswith(folder):
            return Path(name).suffix in kinds
    return False


def test_the_container_copies_all_that_the_wheel_is_made_of(wheel: Path, tmp_path: Path) -> None:
    lines = (sandbox.ROOT / "Containerfile").read_text(encoding="utf-8").splitlines()
    copied = [line.split()[1:-1] for line in lines if re.match(r"COPY (?!--from)", line)]
    source = tmp_path / "source"
    source.mkdir()
    for name in (name for names in copied for name in names):
        there = sandbox.ROOT / name
        if there.is_dir():
            shutil.copytree(there, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(there, source / name)
    assert _contents(_wheel(source, tmp_path / "wheels")) == _contents(wheel)


def test_the_metadata_names_exactly_the_distributions_that_are_imported(wheel: Path) -> None:
    contents = _contents(wheel)
    (name,) = [n for n in contents if n.endswith(".dist-info/METADATA")]
    metadata = Parser().parsestr(contents[name].decode("utf-8"))
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["License-Expression"] == "Apache-2.0"
    assert any(n.endswith("/licenses/LICENSE") for n in contents)
    # The language server imports those of its extra.
    needed = {
        _name(r)
        for r in metadata.get_all("Requires-Dist", [])
        if "extra ==" not in r or "extra == 'lsp'" in r or 'extra == "lsp"' in r
    }
    assert needed == _imported()


def _name(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found is not None, requirement
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def _imported() -> set[str]:
    """The distributions whose modules the package imports anywhere."""
    modules: set[str] = set()
    for file in (sandbox.ROOT / "generator").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                modules |= {a.name for a in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                modules |= {f"{node.module}.{a.name}" for a in node.names}
    roots = {m.split(".")[0] for m in modules} - set(sys.stdlib_module_names) - {"stackgen"}
    known = packages_distributions()
    # Namespaces of several distributions.
    shared = {"google": "protobuf", "ruamel": "ruamel.yaml"}
    owners = shared | {r: known[r][0] for r in roots - set(shared)}
    assert not {m for m in modules if m.startswith("google.") and "google.protobuf" not in m}
    return {_name(owners[root]) for root in roots}
