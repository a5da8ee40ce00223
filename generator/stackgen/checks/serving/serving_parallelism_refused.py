"""Parallelism that the admission webhook refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.view import services
from stackgen.facts.shape import as_dict
from stackgen.findings.model import Finding, Place
from stackgen.findings.rules import rule_named
from stackgen.manifest.document import Path

RULE = rule_named(__name__)


def check(context: Context) -> Iterator[Finding]:
    """The rules for `spec`, and the same ones for `spec.prefill`."""
    for service in services(context):
        for base, data in service.halves():
            for path, key, message in _problems(data):
                yield RULE.finding(message, Place(service.resource, (*base, *path), key=key))


def _problems(part: dict[str, Any]) -> Iterator[tuple[Path, bool, str]]:
    parallelism = part.get("parallelism")
    worker = isinstance(part.get("worker"), dict)
    if parallelism is None:
        if worker:
            yield ("worker",), True, "worker is set but parallelism is not"
        return
    values = as_dict(parallelism)
    has = {name: values.get(name) is not None for name in ("data", "dataLocal", "pipeline")}
    if worker and not any(has.values()):
        yield (
            ("parallelism",),
            True,
            "with a worker, parallelism needs data and dataLocal, or pipeline",
        )
    if has["pipeline"] and (has["data"] or has["dataLocal"]):
        yield ("parallelism", "pipeline"), True, "pipeline and data parallelism exclude each other"
    if has["data"] != has["dataLocal"]:
        given, missing = ("data", "dataLocal") if has["data"] else ("dataLocal", "data")
        yield ("parallelism", given), True, f"{given} is set but {missing} is not"
