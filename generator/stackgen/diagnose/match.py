"""A support bundle, read and matched with the runbooks. Nothing is contacted."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping

from stackgen.diagnose.observations import Observation, of_object
from stackgen.diagnose.runbooks import Runbook, Sign
from stackgen.diagnose.texts import of_text
from stackgen.errors import UsageError
from stackgen.manifest.resource import Resource
from stackgen.manifest.yaml_in import parse
from stackgen.reading import (
    MAX_MANIFESTS,
    MAX_TOTAL,
    STDIN_NAME,
    UnreadableError,
    read_bytes,
    read_stdin,
    too_large,
    walk,
)
from stackgen.reading import decode as decoded
from stackgen.record import record

_YAML = (".yaml", ".yml", ".json")


@record
class SupportBundle:
    """What a bundle shows. notes: files that were not used, and why."""

    observations: tuple[Observation, ...]
    objects: tuple[Resource, ...]
    notes: tuple[str, ...]


@record
class Diagnosis:
    """A page and the observations that it was recognized by. after: pages that may be the cause."""

    page: Runbook
    evidence: tuple[Observation, ...]
    after: tuple[str, ...]


def read_bundle(path: str) -> SupportBundle:
    """The bundle at `path`: a folder, a file, or - for standard input. Raises UsageError."""
    notes: list[str] = []
    observations: list[Observation] = []
    objects: list[Resource] = []
    files = 0
    for name, text in _texts(path, notes):
        files += 1
        found = _objects(name, text)
        if found is None:
            observations += of_text(text, name)
        else:
            objects += found
            observations += (one for resource in found for one in of_object(resource))
    if not files:
        raise UsageError(f"{path}: has no readable file")
    if not observations and not objects:
        # "Nothing is wrong" would be said of what was not understood.
        raise UsageError(
            f"{path}: shows no object, table, description or log line that stackgen knows",
            "`stackgen diagnose --help` lists commands whose output it reads.",
        )
    return SupportBundle(tuple(observations), tuple(objects), tuple(notes))


def _texts(path: str, notes: list[str]) -> Iterator[tuple[str, str]]:
    if path == "-":
        yield STDIN_NAME, read_stdin()
        return
    if not os.path.isdir(path):
        yield path, decoded(read_bytes(path, limit=MAX_MANIFESTS), path)
        return
    total = 0
    for here, _, names in walk(path):
        for file in (os.path.join(here, name) for name in names):
            try:
                raw = read_bytes(file, limit=MAX_MANIFESTS)
                total += len(raw)
                if total > MAX_TOTAL:
                    raise UsageError(f"{path}: the files in it: {too_large(MAX_TOTAL)}")
                yield file, decoded(raw, file)
            except UnreadableError as error:
                notes.append(f"{error}; not used")


def _objects(name: str, text: str) -> list[Resource] | None:
    """The objects of a YAML or JSON text, those of lists one by one; None for other texts.

    Lines of JSON without a kind are a log.
    """
    start = text.lstrip()[:200]
    if not name.endswith(_YAML) and not start.startswith(("apiVersion:", "---", "{", "kind:")):
        return None
    documents = parse(text, name)
    if any(problem.fatal for document in documents for problem in document.problems):
        return None
    found: list[Resource] = []
    if not any(isinstance(d.data, dict) and "kind" in d.data for d in documents):
        return None
    for document in documents:
        data = document.data
        if not isinstance(data, dict):
            return None
        items = data.get("items") if str(data.get("kind", "")).endswith("List") else None
        if isinstance(items, list):
            of_list = str(data.get("kind")).removesuffix("List")
            for i, item in enumerate(items):
                if isinstance(item, dict):
                    whole = {"kind": of_list, **item} if of_list else item
                    found.append(Resource(whole, name, document=document, base=("items", i)))
        elif "kind" in data:
            found.append(Resource(data, name, document=document))
    return found


def diagnose(bundle: SupportBundle, pages: Mapping[str, Runbook]) -> list[Diagnosis]:
    """The pages that the bundle shows signs of: causes before their consequences."""
    seen: dict[str, list[Observation]] = {}
    signs: dict[str, set[int]] = {}
    for observation in bundle.observations:
        lower = observation.message.lower()
        for page in pages.values():
            for number, sign in enumerate(page.signs):
                if _shows(observation, lower, sign):
                    seen.setdefault(page.id, []).append(observation)
                    signs.setdefault(page.id, set()).add(number)
                    break
    after = {
        name: tuple(other for other in sorted(seen) if name in pages[other].explains)
        for name in seen
    }
    order = sorted(seen, key=lambda name: (bool(after[name]), -len(signs[name]), name))
    return [Diagnosis(pages[name], _distinct(seen[name]), after[name]) for name in order]


def not_ready(bundle: SupportBundle, found: list[Diagnosis]) -> list[tuple[str, str]]:
    """Pods that are not ready, and how they relate to the pages that were found.

    A Pod that a page shows belongs to it. The failure of another may follow from the first page.
    """
    shown = {
        one.name.partition("/")[0]: diagnosis.page.id
        for diagnosis in reversed(found)
        for one in diagnosis.evidence
        if one.kind == "Pod"
    }
    pods = {
        one.name: one.reason
        for one in bundle.observations
        if (one.kind, one.type, one.status) == ("Pod", "Ready", "False")
        and one.reason != "PodCompleted"
    }
    made = []
    for name, reason in pods.items():
        if name in shown:
            relation = shown[name]
        elif found:
            relation = f"possibly a consequence of {found[0].page.id}"
        else:
            relation = reason or "the bundle shows no cause"
        made.append((name, relation))
    return made


def _shows(observation: Observation, lower: str, sign: Sign) -> bool:
    if observation.source != sign.source:
        return False
    for name, value in sign.fields.items():
        shown = getattr(observation, name)
        # Not every description says the kind. A reason of an event belongs to one kind.
        unknown = name == "kind" and not shown and "reason" in sign.fields
        if shown != value and not (unknown and observation.source == "event"):
            return False
    return all(text in lower for text in sign.message)


def _distinct(found: Iterable[Observation]) -> tuple[Observation, ...]:
    """Each observation once, however often the cluster repeats it."""
    once: dict[tuple[str, ...], Observation] = {}
    for one in found:
        once.setdefault((one.source, one.kind, one.name, one.reason, one.message), one)
    return tuple(once.values())
