"""The locked versions: exact, with hashes, within the bounds, used by every installation."""

from __future__ import annotations

import importlib.metadata
import re
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.sandbox import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RUNTIME: list[str] = PROJECT["project"]["dependencies"]
BUILD: list[str] = PROJECT["build-system"]["requires"]
EXTRAS: dict[str, list[str]] = PROJECT["project"]["optional-dependencies"]
LOCKS = {
    "install.txt": [*RUNTIME, *BUILD],
    "release.txt": [*RUNTIME, *BUILD, *EXTRAS["release"]],
    "test.txt": [*RUNTIME, *BUILD, *EXTRAS["kustomize"], *EXTRAS["lsp"], *EXTRAS["test"]],
}
HASH = re.compile(r"sha256:[0-9a-f]{64}")


def _entries(name: str) -> list[tuple[Requirement, list[str]]]:
    """Each requirement of a lock, and its hashes."""
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert lines[0] == "--only-binary :all:"
    entries = []
    for entry in re.split(r"(?<!\\)\n", "\n".join(lines[1:])):
        head, *hashes = entry.replace("\\\n", "").split("--hash=")
        entries.append((Requirement(head.strip()), [h.strip() for h in hashes]))
    return entries


def _versions(name: str) -> dict[str, str]:
    found = {}
    for requirement, _ in _entries(name):
        (exact,) = requirement.specifier
        assert exact.operator == "==" and "*" not in exact.version, requirement
        found[canonicalize_name(requirement.name)] = exact.version
    return found


@pytest.mark.parametrize("name", LOCKS)
def test_every_requirement_has_an_exact_version_and_hashes(name: str) -> None:
    entries = _entries(name)
    assert len(_versions(name)) >= len({Requirement(r).name for r in LOCKS[name]}) - 1
    # A package has two versions where a marker divides the versions of Python.
    assert len(entries) == len({(r.name, str(r.marker)) for r, _ in entries})
    for requirement, hashes in entries:
        assert requirement.url is None
        assert hashes and all(HASH.fullmatch(h) for h in hashes), requirement


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_is_within_the_bounds_of_the_project(name: str) -> None:
    versions = _versions(name)
    for line in LOCKS[name]:
        bound = Requirement(line)
        if bound.name == "stackgen":  # an extra that names another extra
            continue
        version = versions[canonicalize_name(bound.name)]
        assert bound.specifier.contains(version), f"{line} does not allow the locked {version}"


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_holds_what_the_locked_need(name: str) -> None:
    """So that pip, which installs nothing without a hash, finds each."""
    versions = _versions(name)
    missing = []
    for package, version in versions.items():
        try:
            installed = importlib.metadata.distribution(package)
        except importlib.metadata.PackageNotFoundError:
            continue  # for another platform
        if installed.version != version:
            continue  # these are not the locked versions: lowest or newest
        for line in installed.requires or []:
            needed = Requirement(line)
            if needed.marker is not None and not needed.marker.evaluate({"extra": ""}):
                continue
            if not needed.specifier.contains(versions.get(canonicalize_name(needed.name), "")):
                missing.append(f"{package} needs {line}")
    assert missing == []


def test_the_locks_agree() -> None:
    for name in ("test.txt", "release.txt"):
        both = _versions(name)
        assert {n: both.get(n) for n in _versions("install.txt")} == _versions("install.txt")


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_names_no_package_index(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    assert [w for w in ("://", "--index-url", "--find-links", "--trusted-host") if w in text] == []


def test_the_hooks_install_the_locked_versions() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    locked = _versions("install.txt")
    direct = {canonicalize_name(Requirement(line).name) for line in RUNTIME}
    for hook in hooks:
        pins = [Requirement(line) for line in hook["additional_dependencies"]]
        assert direct <= {canonicalize_name(pin.name) for pin in pins}
        for pin in pins:
            assert str(pin.specifier) == f"=={locked[canonicalize_name(pin.name)]}"


INSTALLS = [
    "README.md",
    "CONTRIBUTING.md",
    "Containerfile",
    "action.yml",
    "generator/stackgen/starter/files/github.yml",
    "generator/stackgen/starter/files/gitlab.yml",
    "generator/stackgen/starter/files/argo.yml",
]


@pytest.mark.parametrize("name", INSTALLS)
def test_what_installs_stackgen_installs_the_lock_first(name: str) -> None:
    """Then stackgen itself, so that pip chooses neither a dependency nor a build backend."""
    text = (ROOT / name).read_text(encoding="utf-8")
    commands = re.findall(r"pip install [^&|;`\n]*", text)
    lock = r"(-r|--requirement) \S*requirements/(install|test)\.txt"
    locked = [i for i, c in enumerate(commands) if re.search(lock, c)]
    own = [i for i, c in enumerate(commands) if "--no-deps --no-build-isolation" in c]
    assert own and locked and [i - 1 for i in own] == locked
