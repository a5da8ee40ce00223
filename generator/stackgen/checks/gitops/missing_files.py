"""Files that a kustomization, a script or an Application names, and that do not exist.

Only the command line knows which folders were read, so it calls this; rules read no disk.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from typing import Any

from stackgen.escape import visible
from stackgen.facts.application_sets import specs
from stackgen.facts.shape import as_dict, as_list, maps, text
from stackgen.findings.model import Finding, Place, Severity
from stackgen.findings.rules import rule_named
from stackgen.manifest import embedded, makefile, shell, terraform
from stackgen.manifest.document import Mark, Path, Source
from stackgen.manifest.excluded import Excluded, finder
from stackgen.manifest.resource import Bundle, Resource
from stackgen.reading import listing
from stackgen.regex import regex
from stackgen.spelling import close

_LISTS = (
    "resources", "bases", "components", "crds", "configurations", "generators", "transformers",
    "validators", "patchesStrategicMerge",
)  # fmt: skip
# Where a folder stands for the kustomization in it.
_ROOTS = ("resources", "bases", "components")
_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_ADD = "Add a `kustomization.yaml` to the folder, or name the files or folders in it."
_MAPS = ("patches", "patchesJson6902", "replacements")
_GENERATORS = ("configMapGenerator", "secretGenerator")
# A path of this computer: no address, no pattern, nothing that is filled in.
_PLAIN = regex(r"[\w./@+-]+\Z")
_REMOTE = regex(r"\A(?:git@|(?:[\w-]+\.)+(?:com|org|io|dev|net)(?:[:/]|\Z))|//|\.git\Z")
# Files that a user or a tool makes and does not commit, and files that a script brings.
_OWN = regex(
    r"secret|token|credential|pull|\.env\b|\.key\Z|\.pem\Z"
    r"|\A(?:\.{1,2}/)*(?:scratch|tmp|build|dist|generated|rendered|output)/",
    re.I,
)
# Made by `flux bootstrap`, and by `operator-sdk generate`.
_MADE = regex(
    r"(?:\A|/)flux-system/?\Z|(?:\A|/)gotk-(?:components|sync)\.yaml\Z"
    r"|\.clusterserviceversion\.yaml\Z"
)
_VARIABLE = regex(r"\$\{?(\w+)")
_BRINGS = regex(
    r"\bgit\s+clone\b|\bmktemp\b|\b(?:tar|unzip)\s|\bkubectl\s+kustomize\b|\bhelm\s+(?:pull|fetch)\b"
)
# What a command writes to, to the end of its line where the last of several words is meant.
_WRITES = regex(
    r"(?:>|\btee\b(?:\s+-a\b)?|\s-o|\s-O|--output)\s*[=\"']?(\S{1,1000})|\b(?:cp|mv)\b([^\n]*)"
)
_PART = regex(r"[\w.@+-]+")
# A test whether the file is there.
_TESTS = regex(r"(?:\[\s+|\btest\s+)(?:!\s+)?-[efrs]\s+[\"']?([^\s\"']{1,200})")
# What the commands do that read files, and the flags that name them.
_KUBECTL = (
    frozenset({"apply", "create", "replace"}),
    frozenset({"-f", "--filename", "-k", "--kustomize"}),
)
_HELM = (frozenset({"install", "upgrade", "template"}), frozenset({"-f", "--values"}))
_READ = {"kubectl": _KUBECTL, "oc": _KUBECTL, "helm": _HELM}
_ENDS = ("", ".template", ".tmpl", ".tpl", ".example", ".sample", ".in", ".j2")
_DELIVERIES = (
    ("Application", "argoproj.io", ("spec", "source"), "repoURL", "path"),
    ("Kustomization", "kustomize.toolkit.fluxcd.io", ("spec",), "sourceRef", "path"),
    ("HelmRelease", "helm.toolkit.fluxcd.io", ("spec", "chart", "spec"), "sourceRef", "chart"),
)


def findings(bundle: Bundle, scripts: Sequence[Source], paths: Sequence[str]) -> Iterator[Finding]:
    """One finding for each path. paths: of files and folders that were read."""
    rule = rule_named("file-missing")
    run = (*shell.SUFFIXES, *makefile.SUFFIXES, *embedded.SUFFIXES)
    sources = [script for script in scripts if script.name.endswith(run)]
    made = frozenset[str]().union(*(_written(script.text) for script in sources))
    excluded = finder(Excluded())
    tops = [os.path.normpath(path) for path in paths if os.path.isdir(path)]
    for index in bundle.resources:
        if index.index and os.path.isfile(index.file):
            folder = os.path.dirname(index.file)
            for at, value in _named(index.data):
                path = os.path.normpath(os.path.join(folder, value))
                if not _local(value):
                    continue
                if not os.path.lexists(path):
                    if _MADE.search(value) or _name(value) in made:
                        continue
                    # It may be kept out of the repository.
                    kept_out = _OWN.search(value) or excluded(path, False, folder or ".")
                    severity = Severity.WARNING if kept_out else None
                    said = f"there is no {visible(path)}"
                    yield rule.finding(said, Place(index, at), severity=severity)
                elif at[0] in _ROOTS and os.path.isdir(path) and not _is_root(path, made):
                    said = f"folder {visible(path)} has no kustomization.yaml"
                    yield rule.finding(said, Place(index, at), remedy=_ADD)
    for script in sources:
        # Those of jobs are found by commands_missing.
        if os.path.isfile(script.name) and not embedded.is_workflow(script.name):
            for value, mark in _applied(script, tops):
                place = Place(file=script.name, text=script.text, mark=mark)
                said = f"there is no {visible(value)}"
                yield rule.finding(said, place, severity=Severity.WARNING)
    for source in scripts:
        if source.name.endswith(terraform.SUFFIXES) and os.path.isfile(source.name):
            for path, mark in _modules(source, tops):
                place = Place(file=source.name, text=source.text, mark=mark)
                yield rule.finding(f"there is no module {visible(path)}", place)
    for resource, at, said in (*_delivered(bundle, tops), *_values(bundle, tops)):
        yield rule.finding(said, Place(resource, at), severity=Severity.WARNING)


def _modules(source: Source, tops: list[str]) -> Iterator[tuple[str, Mark]]:
    """The folders of modules that a Terraform file names, and that are not there."""
    here = os.path.dirname(source.name)
    for block in terraform.read(source.text) if "module" in source.text else ():
        given = block.find("source") if block.type == "module" else None
        value = given.value if given is not None else None
        if given is None or not isinstance(value, str) or not value.startswith(("./", "../")):
            continue
        path = os.path.normpath(os.path.join(here, value))
        inside = any(top == "." or f"{path}/".startswith(f"{top}/") for top in tops)
        if _PLAIN.match(value) and inside and not path.startswith("..") and not os.path.isdir(path):
            yield path, given.mark


def _named(data: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    """What a kustomization names, of its own folder."""
    for word in _LISTS:
        for i, entry in enumerate(as_list(data.get(word))):
            yield (word, i), text(entry)
    for word in _MAPS:
        for i, entry in maps(data.get(word)):
            yield (word, i, "path"), text(entry.get("path"))
    for word in _GENERATORS:
        for i, entry in maps(data.get(word)):
            for key in ("files", "envs"):
                for j, file in enumerate(as_list(entry.get(key))):
                    yield (word, i, key, j), text(file).rpartition("=")[2]


def _is_root(folder: str, made: Collection[str]) -> bool:
    """Whether Kustomize finds a kustomization in the folder, or a script writes one."""
    there = any(os.path.isfile(os.path.join(folder, name)) for name in _NAMES)
    return there or _NAMES[0] in made


def _local(value: str) -> bool:
    return _PLAIN.match(value) is not None and _REMOTE.search(value) is None


def _in(folders: Sequence[str], path: str) -> list[str]:
    return [os.path.join(folder, path) for folder in folders]


def _name(path: str) -> str:
    return os.path.basename(path.rstrip("/"))


def _written(script: str) -> frozenset[str]:
    """The names of the files to which a script writes, and `$NAME` for those in variables."""
    words = [target or rest for target, rest in _WRITES.findall(script)]
    names = {f"${name}" for word in words for name in _VARIABLE.findall(word)}
    return frozenset(names.union(*(_PART.findall(word) for word in words)))


def _tested(script: str) -> frozenset[str]:
    """The paths that a script tests, each with its last parts alone."""
    found = set[str]()
    for path in _TESTS.findall(script):
        parts = path.split("/")
        found.update("/".join(parts[i:]) for i in range(len(parts)))
    return frozenset(found)


def _applied(script: Source, tops: list[str]) -> Iterator[tuple[str, Mark]]:
    """The files that kubectl and helm commands of a script name, and that are nowhere.

    They are sought in the folder of the script, in those above it up to the one that was linted,
    and where the script goes from there.
    """
    if _BRINGS.search(script.text):
        return
    above = [os.path.dirname(script.name)]
    while above[-1] and above[-1] not in tops and above[-1] != os.path.dirname(above[-1]):
        above.append(os.path.dirname(above[-1]))
    moves = ("", *shell.MOVES.findall(script.text))
    places = [os.path.join(folder, move) for folder in above for move in moves]
    lines = script.text.split("\n")
    written, tested = _written(script.text), _tested(script.text)
    for command in shell.read(embedded.script_of(script)).commands:
        words = command.words
        actions, flags = _READ.get(words[0], (frozenset(), frozenset()))
        if actions.isdisjoint(words[1:5]):
            continue
        pairs = (word.partition("=")[::2] for word in words)
        for flag, value in (*pairwise(words), *pairs):
            if flag not in flags or not _local(value):
                continue
            if (
                value != "-"
                and not os.path.isabs(value)
                and not _OWN.search(value)
                and _name(value) not in written
                and not any(f"${name}" in written for name in _variables(command, lines))
                and value.removeprefix("./") not in tested
                and not _is_brought(value, places, lines[: command.first - 1])
                and not any(os.path.lexists(p + end) for p in _in(places, value) for end in _ENDS)
            ):
                yield value, _mark(lines, command, value)


def _is_brought(value: str, places: Sequence[str], before: Sequence[str]) -> bool:
    """Whether a folder of the path is not there either, and a command before names it."""
    folder = os.path.dirname(value)
    while folder.strip("./"):
        if not any(os.path.isdir(p) for p in _in(places, folder)):
            named = regex(rf"(?<![\w./-]){re.escape(folder)}/?(?![\w./-])")
            if any(named.search(line) for line in before):
                return True
        folder = os.path.dirname(folder)
    return False


def _variables(command: shell.Command, lines: Sequence[str]) -> list[str]:
    """The variables in a command, as it is written."""
    return _VARIABLE.findall("\n".join(lines[command.first - 1 : command.last]))


def _mark(lines: Sequence[str], command: shell.Command, value: str) -> Mark:
    for line in range(command.first, command.last + 1):
        column = lines[line - 1].find(value)
        if column >= 0:
            return Mark(line, column + 1, column + 1 + len(value))
    return Mark(command.first, 1, len(lines[command.first - 1]) + 1)


def _delivered(bundle: Bundle, tops: list[str]) -> Iterator[tuple[Resource, Path, str]]:
    """The folders that Applications of Argo CD and Kustomizations of Flux deliver.

    A source is taken for the repository that was linted if two other paths of it are there, or if
    a folder of almost the name is.
    """
    sources: dict[str, list[tuple[Resource, Path, str]]] = {}
    for kind, group, base, key, word in _DELIVERIES:
        for resource in bundle.of_kind(kind, group):
            spec = as_dict(resource.get(*base))
            path, ref = text(spec.get(word)), spec.get(key)
            if not _local(path) or (word == "path" and "chart" in spec):
                continue
            called = f"Application {ref}"
            if isinstance(ref, dict):
                called = f"{ref.get('kind')} {ref.get('name')}"
                if ref.get("kind") == "HelmRepository":
                    continue
            sources.setdefault(called, []).append((resource, (*base, word), path))
    for several in bundle.of_kind("ApplicationSet", "argoproj.io"):
        for spec in specs(bundle, several):
            source = as_dict(spec.get("source"))
            path = text(source.get("path"))
            if _local(path) and "{{" not in path and "chart" not in source:
                at: Path = ("spec", "template", "spec", "source", "path")
                url = f"Application {source.get('repoURL')}"
                sources.setdefault(url, []).append((several, at, path))
        given = several.get("spec", "generators")
        for where, generator in _generators(given, ("spec", "generators")):
            git = as_dict(generator.get("git"))
            for word in ("directories", "files"):
                for i, entry in maps(git.get(word)):
                    # What comes before the first pattern, and for files the folder.
                    path, star, _ = text(entry.get("path")).partition("*")
                    path = path.rpartition("/")[0] if star or word == "files" else path
                    if _local(path) and ".." not in path and entry.get("exclude") is not True:
                        at = (*where, "git", word, i, "path")
                        url = f"Application {git.get('repoURL')}"
                        sources.setdefault(url, []).append((several, at, path))
    for named in sources.values():
        for top in tops:
            there = [os.path.isdir(os.path.join(top, path.lstrip("/"))) for *_, path in named]
            known = {path for (*_, path), is_there in zip(named, there, strict=True) if is_there}
            for (resource, at, path), is_there in zip(named, there, strict=True):
                near = "" if is_there else _near(top, path)
                if not is_there and (len(known) >= 2 or near):
                    yield resource, at, f"{_called(top)} has no folder {visible(path)}{near}"


def _near(top: str, path: str) -> str:
    """A hint at a folder beside the one that is missing, if both are within another folder."""
    above, _, name = path.strip("/").removeprefix("./").rstrip("/").rpartition("/")
    folder = os.path.join(top, above)
    if not above or not os.path.isdir(folder):
        return ""
    others = [one for one in listing(folder) if os.path.isdir(os.path.join(folder, one))]
    near = close(name, [one for one in others if _words(one) != _words(name)])
    return f'; did you mean "{visible(near)}"?' if near else ""


def _words(name: str) -> str:
    """A name without its digits: `prod-1` is no slip of `prod-2`."""
    return re.sub(r"\d", "", name)


def _called(top: str) -> str:
    """A folder of the input, by its name; the current one has none."""
    return "the repository" if os.path.normpath(top) == "." else visible(top)


def _generators(given: Any, base: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The generators of an ApplicationSet, and those that a matrix or a merge has."""
    for i, generator in maps(given):
        yield (*base, i), generator
        for word in ("matrix", "merge"):
            inner = as_dict(generator.get(word)).get("generators")
            for j, one in maps(inner):
                yield (*base, i, word, "generators", j), one


def _values(bundle: Bundle, tops: list[str]) -> Iterator[tuple[Resource, Path, str]]:
    """The values files that Applications name, of the repository that was linted.

    That is one of which another file or folder is there.
    """
    files: dict[str, list[tuple[Resource, Path, str]]] = {}
    others: dict[str, set[str]] = {}
    for application in bundle.of_kind("Application", "argoproj.io"):
        bases: list[Path] = [("spec", "source")]
        bases += [("spec", "sources", i) for i, _ in maps(application.get("spec", "sources"))]
        refs = {text(application.get(*b, "ref")): application.get(*b, "repoURL") for b in bases}
        for base in bases:
            source = as_dict(application.get(*base))
            own, path = text(source.get("repoURL")), text(source.get("path")).strip("/")
            others.setdefault(own, set()).update({path} if _local(path) else ())
            helm = as_dict(source.get("helm"))
            if helm.get("ignoreMissingValueFiles") is True:
                continue
            for i, file in enumerate(as_list(helm.get("valueFiles"))):
                ref, slash, rest = text(file).partition("/")
                if ref.startswith("$") and slash:
                    url, value = text(refs.get(ref[1:])), rest
                elif "chart" in source or not path or text(file).startswith("/"):
                    continue
                else:
                    url, value = own, os.path.normpath(os.path.join(path, text(file)))
                if url and _local(value) and not value.startswith(".."):
                    at = (*base, "helm", "valueFiles", i)
                    files.setdefault(url, []).append((application, at, value))
                    others.setdefault(url, set()).add(value)
    for url, named in files.items():
        for top in tops:
            there = {x for x in others[url] if os.path.exists(os.path.join(top, x))}
            for resource, at, value in named if there else ():
                if value not in there:
                    yield resource, at, f"{_called(top)} has no file {visible(value)}"
