"""Sides made of YAML texts, and of the reference stack with something changed."""

from __future__ import annotations

import shutil
import textwrap
from pathlib import Path

from stackgen.manifest.resource import Resource
from stackgen.manifest.yaml_in import parse
from stackgen.review.model import Review, Side
from stackgen.review.review import review
from stackgen.review.side import of_spec
from tests import sandbox

# What to put in the place of what, by file of the reference stack.
Edits = dict[str, list[tuple[str, str]]]


def resources(text: str, file: str = "given.yaml") -> tuple[Resource, ...]:
    """The objects of a YAML text."""
    documents = parse(textwrap.dedent(text), file)
    assert not [p for d in documents for p in d.problems]
    return tuple(Resource(d.data, d.source.name, document=d) for d in documents)


def side(text: str, name: str = "side", file: str = "given.yaml") -> Side:
    """A side of one file."""
    return Side(name, resources(text, file))


def reviewed(old: str, new: str) -> Review:
    """The review of two texts."""
    return review(side(old, "old"), side(new, "new"))


def spec_only(folder: Path) -> Path:
    """The reference stack without what it renders."""
    folder.mkdir(parents=True)
    shutil.copy(sandbox.ROOT / "stack.yaml", folder)
    shutil.copytree(sandbox.ROOT / "overlays", folder / "overlays")
    return folder


def edit(folder: Path, edits: Edits) -> None:
    """Make each edit once; what is to be replaced has to be there."""
    for name, pairs in edits.items():
        text = (folder / name).read_text(encoding="utf-8")
        for old, new in pairs:
            assert old in text, f"{name} has no {old!r}"
            text = text.replace(old, new, 1)
        (folder / name).write_text(text, encoding="utf-8")


def of_edits(folder: Path, edits: Edits, env: str = "prod", both: Edits | None = None) -> Review:
    """The review of the reference stack against itself with the edits. both: edits of both."""
    before, after = spec_only(folder / "before"), spec_only(folder / "after")
    for one in (before, after):
        edit(one, both or {})
    edit(after, edits)
    return review(of_spec(str(before), env, "before"), of_spec(str(after), env, "after"), env)
