"""`--data FILE`: what policies know, in the form of conftest's data files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any

from stackgen.errors import UsageError
from stackgen.record import record

OURS = "stackgen"


@record
class Data:
    """release, profile: what the key `stackgen` says. others: what is left for users' policies."""

    release: str = ""
    profile: Mapping[str, Any] = field(default_factory=dict)
    others: Mapping[str, Any] = field(default_factory=dict)


def read_data(files: Sequence[str]) -> Data:
    """The data of the files. Raises UsageError for what cannot be read, or says nothing known."""
    if not files:
        return Data()
    from stackgen.checks.policy import custom
    from stackgen.checks.policy.engine import PolicyError

    try:
        found = custom.read_data(files)
    except PolicyError as error:
        raise UsageError(str(error)) from None
    others = {key: value for key, value in found.items() if key != OURS}
    ours = _mapping(found.get(OURS, {}), OURS, files)
    profile = _mapping(ours.get("profile", {}), f"{OURS}.profile", files)
    release = ours.get("release", "")
    if not isinstance(release, str):
        raise UsageError(f"{', '.join(files)}: {OURS}.release is not a string")
    _check(profile, files)
    return Data(release, profile, others)


def _mapping(value: Any, name: str, files: Sequence[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UsageError(f"{', '.join(files)}: {name} is not an object")
    return value


def _check(profile: Mapping[str, Any], files: Sequence[str]) -> None:
    from stackgen.findings.config import PROFILE_KEYS, problem

    for key, value in profile.items():
        wrong = problem(key, value)
        if wrong:
            what = f"unknown key {key!r}" if key not in PROFILE_KEYS else f"profile.{key}"
            raise UsageError(f"{', '.join(files)}: {what}{wrong}")
