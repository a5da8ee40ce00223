"""A path in a command or a variable, below a mounted ConfigMap that has no such file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.podspecs import PodSpec, pod_specs
from stackgen.checks.serving.provided import Provided, provided
from stackgen.escape import visible
from stackgen.facts.containers import words
from stackgen.facts.object_references import references
from stackgen.facts.shape import at, maps, plain, text
from stackgen.findings.model import Violations, violation
from stackgen.manifest.document import Path
from stackgen.regex import regex
from stackgen.spelling import did_you_mean

# A file with an extension, and nothing that a program fills in.
_FILE = regex(r"(?:\A|=)(/[\w./-]+\.[A-Za-z]\w*)\Z")


def check(context: Context) -> Violations:
    """One finding for each path. A word of several words is a script, which may ask first."""
    known = provided(context)
    for pod in pod_specs(context):
        for path, container in pod.containers():
            mounts = {text(m.get("mountPath")).rstrip("/"): m for _, m in _mounts(container)}
            for where, file in _files(container) if mounts else ():
                under = max(
                    (m for m in mounts if f"{file}/".startswith(f"{m}/")), key=len, default=""
                )
                if under and under != file and not mounts[under].get("subPath"):
                    name = text(mounts[under].get("name"))
                    yield from _missing(known, pod, (*path, *where), name, file, under)


def _mounts(container: Mapping[str, Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    for i, mount in maps(container.get("volumeMounts")):
        if text(mount.get("mountPath")).startswith("/"):
            yield i, mount


def _files(container: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """The paths of files in words of the command, and in variables."""
    said: list[tuple[Path, Any]] = list(words(container))
    said += [(("env", i, "value"), one.get("value")) for i, one in maps(container.get("env"))]
    for path, word in said:
        found = _FILE.search(word) if isinstance(word, str) and plain(word) else None
        if found:
            yield path, found[1]


def _missing(
    known: Provided, pod: PodSpec, where: Path, volume: str, file: str, mount: str
) -> Violations:
    source = next((v for _, v in maps(pod.spec.get("volumes")) if v.get("name") == volume), {})
    wanted = file.removeprefix(f"{mount}/")
    found = [to for to in references({"volumes": [source]}) if not to.key]
    if len(found) != 1 or "projected" in found[0].path:
        return
    to = found[0]
    given = [text(one.get("path")) for _, one in maps(at(source, str(to.path[2]), "items"))]
    sets = [frozenset(given)] if given else []
    if not given and known.has(to.kind, pod.namespace, to.name):
        sets = known.keys(to.kind, pod.namespace, to.name, pod.resource)
    if sets and all(wanted not in keys for keys in sets):
        has = sorted(frozenset().union(*sets))
        yield violation(
            f"{to.kind} {to.name}, which is mounted at {visible(mount)}, has no file "
            f"{visible(wanted)}{did_you_mean(wanted, has) or f'; it has {visible(has[0])}'}",
            pod.place(*where),
        )
