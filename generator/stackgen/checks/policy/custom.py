"""The user's own policies, by conftest's conventions, in a process with a deadline."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.policy import process
from stackgen.checks.policy.engine import PolicyError
from stackgen.checks.policy.profile import facts
from stackgen.findings.model import Finding, Place, Rule, RuleSource, Severity
from stackgen.findings.rules import rule_named
from stackgen.manifest.document import Mark
from stackgen.manifest.resource import Resource
from stackgen.reading import read_text, texts_below
from stackgen.regex import regex
from stackgen.schema.store import SchemaCatalog

NOT_EVALUATED = rule_named("policy-not-evaluated")
WITHOUT_EFFECT = rule_named("policy-without-effect")
DEFINITION = "CustomResourceDefinition"
DEADLINE_SECONDS = 10
MEMORY_BYTES = 512 * 2**20
_ID = regex(r"[a-z0-9]+(-[a-z0-9]+)*\Z")


def check(context: Context) -> Iterator[Finding]:
    """Findings of the policies in `context.policies`, each document judged by itself."""
    if context.policies:
        data = merged(dict(context.data), facts(context))
        yield from run(context.policies, context.bundle.objects, data, kinds=_kinds(context))


def _kinds(context: Context) -> frozenset[str]:
    """Every kind that a document may have: of the known schemas, and of the bundle."""
    schemas = SchemaCatalog(context.schemas, context.catalog.variants(context.release))
    defined = (r.get("spec", "names", "kind") for r in context.bundle.of_kind(DEFINITION))
    return frozenset(
        str(kind)
        for kind in (
            *(known.kind for known in schemas.all()),
            *(resource.kind for resource in context.bundle.objects),
            *defined,
        )
        if kind
    )


def run(
    folders: Sequence[str],
    resources: Sequence[Resource],
    data: Mapping[str, Any],
    combine: bool = False,
    kinds: Collection[str] = (),
    deadline: float = DEADLINE_SECONDS,
    memory: int = MEMORY_BYTES,
) -> Iterator[Finding]:
    """Findings of the policies below `folders` on `resources`.

    YAML and JSON files below the folders become `data`, merged at the root over the given `data`.
    kinds: every kind there is, against misspelled ones; none, if that is not known.
    combine: the policies expect all documents together, as `conftest --combine` gives them.
    deadline, memory: seconds and bytes after which the policies count as failed.
    """
    try:
        policies, found = read(folders)
        job = {
            "policies": policies,
            "data": merged(dict(data), found),
            "documents": [{"path": r.file, "contents": r.data} for r in resources],
            "combine": combine,
            "kinds": sorted(kinds),
        }
        results = process.run("custom", job, deadline, memory)
    except PolicyError as error:
        yield NOT_EVALUATED.finding(str(error), Place())
        return
    for result in results:
        if result["file"]:
            yield _idle(result, dict(policies))
            continue
        index = result["document"]
        yield _finding(result, resources[index] if index >= 0 else None)


def read(folders: Sequence[str]) -> tuple[list[tuple[str, str]], dict[str, Any]]:
    """The policies (file, text) and the data below `folders`, tests left out, in order of name.

    Raises PolicyError for a folder without policies and for data that is no mapping, and
    UnreadableError for what cannot be read.
    """
    policies: list[tuple[str, str]] = []
    data: dict[str, Any] = {}
    for folder in folders:
        before = len(policies)
        for file, text in _texts(folder):
            if file.endswith(".rego"):
                policies.append((file, text))
            else:
                data = merged(data, _data(file, text))
        if len(policies) == before:
            raise PolicyError(f"no policies (*.rego) in {folder}")
    return policies, data


def _texts(folder: str) -> Iterator[tuple[str, str]]:
    if os.path.isdir(folder):
        yield from texts_below(folder, _is_wanted)
    else:
        yield folder, read_text(folder)


def _is_wanted(name: str) -> bool:
    return name.endswith((".rego", ".yaml", ".yml", ".json")) and not name.endswith("_test.rego")


def read_data(files: Sequence[str]) -> dict[str, Any]:
    """The data in YAML or JSON files, the later over the earlier.

    Raises PolicyError for a file that is no mapping, UnreadableError for one that cannot be read.
    """
    data: dict[str, Any] = {}
    for file in files:
        data = merged(data, _data(file, read_text(file)))
    return data


def _data(file: str, text: str) -> dict[str, Any]:
    from stackgen.manifest.yaml_in import parse

    found: dict[str, Any] = {}
    for document in parse(text, file):
        for problem in document.problems:
            at = problem.mark
            raise PolicyError(problem.message, file, at.line, at.column)
        if not isinstance(document.data, dict):
            raise PolicyError("data for policies must be an object", file, document.line, 1)
        found = merged(found, document.data)
    return found


def merged(base: dict[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with `more` laid over it, mapping by mapping."""
    result = dict(base)
    for key, value in more.items():
        old = result.get(key)
        both = isinstance(old, dict) and isinstance(value, dict)
        result[key] = merged(old, value) if both and isinstance(old, dict) else value
    return result


def _idle(result: Mapping[str, Any], texts: Mapping[str, str]) -> Finding:
    """The finding of a policy that applies to nothing, at its place in the policy file."""
    file, line, column = result["file"], result["line"], result["column"]
    place = Place(file=file, text=texts[file], mark=Mark(line, column, column + 1))
    return WITHOUT_EFFECT.finding(result["message"], place)


def _finding(result: Mapping[str, Any], resource: Resource | None) -> Finding:
    where = f"{result['package']}.{result['rule']}".strip(".")
    if result["failed"]:
        message = f"{where}: {result['message']}" if where else result["message"]
        return NOT_EVALUATED.finding(message, Place(resource=resource))
    details = result["details"]
    severity = Severity.WARNING if result["rule"].startswith("warn") else Severity.ERROR
    rule = Rule(
        id=_id(details.get("id"), where),
        family="policy",
        severity=severity,
        summary=f"A user-defined policy: {where}.",
        impact="Defined by your policy.",
        remedy="See the policy.",
        sources=(RuleSource(where),),
    )
    path = details.get("path")
    steps = path if isinstance(path, list) else []
    place = Place(resource=resource, path=tuple(s for s in steps if isinstance(s, (str, int))))
    return rule.finding(result["message"], place)


def _id(given: object, where: str) -> str:
    """The id the policy gives itself, or one made of package and rule."""
    if isinstance(given, str) and _ID.match(given):
        return given
    return "custom-" + re.sub(r"[^a-z0-9]+", "-", where.lower()).strip("-")
