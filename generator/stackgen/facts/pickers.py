"""Which endpoint picker, in which version, an image holds."""

from __future__ import annotations

from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.catalog.picker_programs import PickerProgram, picker_program
from stackgen.catalog.rows import Row
from stackgen.digits import to_int
from stackgen.facts.image_reference import ImageReferenceError, image_reference
from stackgen.record import record
from stackgen.regex import regex

# A version, or a tag that moves with the development.
_PICKER_PROGRAMS_TAG = r":(?:v?(\d+\.\d+\.\d+)|main|latest)(?:@|\Z)"
# Images whose tag is the version of the picker. Those of others have versions of their own.
_IMAGES = (
    (regex(r"gateway-api-inference-extension/epp" + _PICKER_PROGRAMS_TAG), "epp"),
    (regex(r"llm-d/llm-d-inference-scheduler" + _PICKER_PROGRAMS_TAG), "llm-d"),
    (regex(r"llm-d/llm-d-router-endpoint-picker" + _PICKER_PROGRAMS_TAG), "llm-d"),
)


@record
class PickerVersion:
    """A picker in a version that the catalog has."""

    program: PickerProgram
    version: str

    @property
    def shown(self) -> str:
        """What messages call it."""
        owner = "llm-d" if self.program.name == "llm-d" else "GIE"
        return f"the endpoint picker of {owner} {self.version}"

    @property
    def number(self) -> tuple[int, int]:
        """Major and minor version."""
        major, minor = self.version.split(".")[:2]
        return int(major), int(minor)


def is_published_picker(image: str) -> bool:
    """Whether the image is published by a project of an endpoint picker, in any version."""
    return any(pattern.search(image) for pattern, _ in _IMAGES)


def picker_version(image: str, moving: bool = False) -> PickerVersion | None:
    """The picker of an image; None when it, or its version, is not known.

    moving: the newest version stands for a tag that moves.
    """
    for pattern, name in _IMAGES:
        match = pattern.search(image)
        if match is not None:
            program = picker_program(name)
            known = program.versions.known
            version = match[1] or (max(known, key=version_of) if moving else "")
            return PickerVersion(program, version) if version in known else None
    return None


Version = tuple[int, ...]
_TAG = regex(r"(?:^|-)v?(\d{1,9}(?:\.\d{1,9})+)(?=\Z|[-+.])")


def version_of(text: str) -> Version:
    """The numbers of a version such as 0.10.2 or 0.9."""
    return tuple(to_int(part) for part in text.split(".") if part.isdecimal())


def images_in(value: Any) -> list[str]:
    """The images below a value: strings under a key `image`."""
    found: list[str] = []
    _add_images(value, found)
    return found


def _add_images(value: Any, found: list[str]) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            if isinstance(inner, (dict, list)):
                _add_images(inner, found)
            elif key == "image" and isinstance(inner, str):
                found.append(inner)
    elif isinstance(value, list):
        for inner in value:
            if isinstance(inner, (dict, list)):
                _add_images(inner, found)


def is_picker(image: str, catalog: Catalog) -> bool:
    """The image is one of an endpoint picker that the catalog has, in any version."""
    return any(_last_part(image) in row.data["images"] for row in catalog.rows("picker"))


def picker_row(image: str, catalog: Catalog) -> Row | None:
    """The row of an image; None when it is no endpoint picker, or the tag tells no known version.

    A version between two of the catalog's is not known: it can have what the later one has.
    """
    try:
        found = _TAG.search(image_reference(image).tag)
    except ImageReferenceError:
        return None
    if found is None:
        return None
    version = version_of(found[1])[:2]
    for row in catalog.rows("picker"):
        of = version_of(row.key.partition("/")[2])
        if of == version and _last_part(image) in row.data["images"]:
            return row
    return None


def plugins_of(row: Row) -> frozenset[str]:
    """The types of plugins that the version of a row has; empty if they are not known."""
    name, _, version = row.key.partition("/")
    program = picker_program(name)
    for known in program.versions.known:
        if version_of(known)[:2] == version_of(version):
            return frozenset(program.versions.at(known, program.plugins))
    return frozenset()


def _last_part(image: str) -> str:
    try:
        return image_reference(image).repository.rpartition("/")[2]
    except ImageReferenceError:
        return ""
