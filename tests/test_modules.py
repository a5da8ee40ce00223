"""Code that an earlier run kept does what the source says, and only while the source says it."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from stackgen import modules

NAME = "kept_example"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package with a package and a module. What a run changes is undone."""
    folder = tmp_path / NAME
    (folder / "inner").mkdir(parents=True)
    (folder / "__init__.py").write_text("", encoding="utf-8")
    (folder / "inner" / "__init__.py").write_text("from .one import VALUE", encoding="utf-8")
    (folder / "inner" / "one.py").write_text("VALUE = 1", encoding="utf-8")
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path / "compiled"))
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    monkeypatch.setattr(modules, "_PACKAGE", NAME)
    monkeypatch.setattr(modules, "_FOLDER", str(folder))
    monkeypatch.syspath_prepend(str(tmp_path))
    yield folder
    _forget()


def _forget() -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == NAME]:
        del sys.modules[name]
    sys.meta_path[:] = [one for one in sys.meta_path if one is not modules._Finder]
    if modules._RUN.handle >= 0:
        os.close(modules._RUN.handle)
    modules._RUN = modules._Kept()


def _run(name: str = f"{NAME}.inner") -> ModuleType:
    """A module, imported by a run of its own, which then keeps what it imported."""
    _forget()
    importlib.invalidate_caches()
    importlib.import_module(NAME)
    modules.use_kept()
    found = importlib.import_module(name)
    modules.keep()
    return found


def _about(module: Any) -> list[object]:
    spec = module.__spec__
    places = (module.__file__, module.__package__, list(module.__path__))
    return [module.VALUE, *places, spec.origin, spec.name, spec.has_location]


def _is_kept(module: ModuleType) -> bool:
    return isinstance(module.__loader__, modules._Loader)


def test_the_second_run_reads_no_compiled_file(package: Path) -> None:
    first = _run()
    kept = Path(modules._place())
    content = kept.read_bytes()
    compiled = [path for path in kept.parents[0].rglob("*.pyc") if NAME in str(path)]
    compiled += list((package.parent / "compiled").rglob("one.*.pyc"))
    assert compiled and not _is_kept(first)
    for path in compiled:
        path.unlink()
    second = _run()
    assert _is_kept(second) and _is_kept(sys.modules[f"{NAME}.inner.one"])
    assert _about(second) == _about(first)
    assert not any(path.exists() for path in compiled)
    assert kept.read_bytes() == content


def test_a_changed_source_is_compiled_and_kept_again(package: Path) -> None:
    _run()
    (package / "inner" / "one.py").write_text("VALUE = 22", encoding="utf-8")
    changed: Any = _run()
    assert changed.VALUE == 22
    assert _is_kept(changed) and not _is_kept(sys.modules[f"{NAME}.inner.one"])
    assert _run().__dict__["VALUE"] == 22 and _is_kept(sys.modules[f"{NAME}.inner.one"])


def test_modules_come_and_go(package: Path) -> None:
    _run()
    (package / "two.py").write_text("VALUE = 2", encoding="utf-8")
    assert not _is_kept(_run(f"{NAME}.two"))
    assert _is_kept(_run(f"{NAME}.two")) and _is_kept(_run())
    (package / "two.py").unlink()
    with pytest.raises(ImportError):
        _run(f"{NAME}.two")


@pytest.mark.parametrize("how", ["empty", "cut", "noise", "long", "no table"])
def test_a_damaged_file_costs_time_alone(package: Path, how: str) -> None:
    first = _about(_run())
    kept = Path(modules._place())
    raw = kept.read_bytes()
    head = raw.index(b"\n") + 1
    kept.write_bytes({
        "empty": b"", "cut": raw[:-20], "noise": raw[:head] + b"\xff" * 400,
        "long": raw[:head] + b"\x7f" * 8 + raw[head + 8 :],
        "no table": raw[:head] + (5).to_bytes(8, "big") + b"i\0\0\0\0",
    }[how])  # fmt: skip
    assert _about(_run()) == first


@pytest.mark.parametrize("where", ["_FOLDER", "version"])
def test_what_another_folder_or_python_kept_is_not_used(
    package: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    _run()
    monkeypatch.setattr(modules if where == "_FOLDER" else sys, where, "another")
    assert not _is_kept(_run())


def test_nothing_is_kept_where_python_may_not_write(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    _run()
    assert not Path(modules._place()).exists()
