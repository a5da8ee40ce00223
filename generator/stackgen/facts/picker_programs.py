"""Which endpoint picker, in which version, an image has."""

from __future__ import annotations

import re

from stackgen.catalog.picker_programs import PickerProgram, picker_program
from stackgen.record import record

_TAG = r":v?(\d+\.\d+\.\d+)(?:@|\Z)"
# Images whose tag is the version of the picker. Those of others have versions of their own.
_IMAGES = (
    (re.compile(r"gateway-api-inference-extension/epp" + _TAG), "epp"),
    (re.compile(r"llm-d/llm-d-inference-scheduler" + _TAG), "llm-d"),
    (re.compile(r"llm-d/llm-d-router-endpoint-picker" + _TAG), "llm-d"),
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


def is_picker(image: str) -> bool:
    """Whether the image is published by a project of an endpoint picker, in any version."""
    return any(pattern.search(image) for pattern, _ in _IMAGES)


def picker_version(image: str) -> PickerVersion | None:
    """The picker of an image; None when it, or its version, is not known."""
    for pattern, name in _IMAGES:
        match = pattern.search(image)
        if match is not None:
            program = picker_program(name)
            known = match[1] in program.versions.known
            return PickerVersion(program, match[1]) if known else None
    return None
