"""Environments that an earlier run proved, and for which nothing changed since.

What is kept of an environment is what a report says of it: its findings, as they are printed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from stackgen.cache import parts
from stackgen.cache.seen import digest
from stackgen.compiler import Inputs, read_again
from stackgen.findings.model import Finding, Located, Location, ObjectRef, Severity
from stackgen.findings.rules import all_rules
from stackgen.fleet.proven import Proven, Task, owner
from stackgen.redact import known as secrets
from stackgen.redact import redact


def is_for(task: Task) -> bool:
    """Whether environments of this task are kept: not the files that they render."""
    return parts.are_kept() and task.check and not task.keep and len(task.environments) > 1


def known(task: Task, inputs: Inputs, basis: str) -> dict[str, Proven]:
    """The environments that need not be proven, by name."""
    found = {}
    for env, body in parts.known(basis).items():
        if env in task.environments:
            sources, suppressions = read_again(task.root, env, inputs)
            documents, located = json.loads(body)
            found[env] = Proven(
                env, tuple(map(_located, located)), suppressions, sources,
                readable=True, rendered=True, documents=documents, files={}, is_alone=True,
            )  # fmt: skip
    return found


def keep(task: Task, basis: str, proven: Iterable[Proven]) -> None:
    """Keep the environments that can be: those that look at no file of another one."""
    bodies = {}
    for one in proven:
        body = _body(one)
        if body:
            bodies[one.env] = body
    parts.keep(basis, bodies, owner(task.root, task.environments))


def basis_of_run() -> str:
    """What is known of secrets when all overlays are read: it is hidden in what is printed."""
    begins, public = secrets()
    words = sorted(
        word for by_size in begins.values() for some in by_size.values() for word in some
    )
    return digest(x.encode() for x in ("secrets", *words, "public", *sorted(public))).hex()


def _body(one: Proven) -> str:
    """An environment as it is kept; empty for one that is not."""
    if not (one.is_alone and one.readable and one.rendered):
        return ""
    rules = all_rules()
    for located in one.located:
        finding = located.finding
        shipped = rules.get(finding.rule.id) == finding.rule
        if not shipped or finding.fix is not None or located.suppression is not None:
            return ""
    body = json.dumps([one.documents, [_plain(located) for located in one.located]])
    texts = [text for located in one.located for text in _texts(_plain(located))]
    return body if all(redact(text) == text for text in texts) else ""


def _plain(located: Located) -> list[Any]:
    it = located.finding
    about = [it.rule.id, it.message, it.impact, it.remedy, it.severity, it.confidence, it.docs]
    places = [
        [
            x.role, x.file, x.line, x.column, x.end_column, x.path,
            [x.object.kind, x.object.namespace, x.object.name, x.object.group] if x.object else [],
            x.note, x.excerpt,
        ]
        for x in located.locations
    ]  # fmt: skip
    return [about, places, located.fingerprint, located.advice]


def _located(plain: list[Any]) -> Located:
    (name, message, impact, remedy, severity, confidence, docs), places, fingerprint, advice = plain
    level = None if severity is None else Severity(severity)
    rule = all_rules()[name]
    finding = Finding(rule, message, (), impact, remedy, level, confidence, None, tuple(docs))
    locations = []
    for *where, about, note, excerpt in places:
        values = [*where, ObjectRef(*about) if about else None, note, excerpt]
        locations.append(Location(*values))
    return Located(finding, tuple(locations), fingerprint, advice=advice)


def _texts(plain: Any) -> list[str]:
    if isinstance(plain, str):
        return [plain]
    return (
        [text for one in plain for text in _texts(one)] if isinstance(plain, (list, tuple)) else []
    )
