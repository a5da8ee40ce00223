"""The Applications that an ApplicationSet makes, as far as the input shows its parameters."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from itertools import islice, product
from typing import Any

from stackgen.facts.shape import as_dict, as_list, at, maps, text
from stackgen.manifest.resource import Bundle, Resource
from stackgen.regex import regex

Parameters = Mapping[str, Any]
MOST = 200  # Applications of one set
_FIELD = regex(r"\{\{-?\s*(?:index \.\s*\"([\w-]+)\"|\.?([\w-]+(?:\.[\w-]+)*))\s*-?\}\}")


def specs(bundle: Bundle, one: Resource) -> list[dict[str, Any]]:
    """The `spec` of each Application that the set makes; the template where none is known."""
    return [as_dict(made.get("spec")) for made in _made(bundle, one)]


def _made(bundle: Bundle, one: Resource) -> list[dict[str, Any]]:
    template = as_dict(one.get("spec", "template"))
    known = islice(parameters(bundle, one), MOST)
    return [filled(template, given) for given in known] or [template]


def applications(bundle: Bundle) -> Iterator[Resource]:
    """The Applications that the sets make, one for each source of several."""
    for one in bundle.of_kind("ApplicationSet", "argoproj.io"):
        for made in _made(bundle, one):
            spec, name = as_dict(made.get("spec")), text(at(made, "metadata", "name"))
            metadata = {**one.metadata, "name": one.name if "{{" in name else name}
            for _, source in sources(spec, ("spec",)):
                data = {**one.data, "kind": "Application", "metadata": metadata}
                data["spec"] = {**spec, "source": source}
                yield Resource(data, one.file)


def parameters(bundle: Bundle, one: Resource) -> Iterator[Parameters]:
    """What the generators of a set give, of lists and of files and folders of the input."""
    for _, generator in maps(one.get("spec", "generators")):
        yield from _given(bundle, generator)


def _given(bundle: Bundle, generator: Mapping[str, Any]) -> Iterator[Parameters]:
    wanted = as_dict(at(generator, "selector", "matchLabels"))
    for found in _of(bundle, generator):
        if all(printed(found.get(key)) == value for key, value in wanted.items()):
            yield found


def _of(bundle: Bundle, generator: Mapping[str, Any]) -> Iterator[Parameters]:
    yield from (dict(element) for _, element in maps(at(generator, "list", "elements")))
    git = as_dict(generator.get("git"))
    patterns = [text(row.get("path")) for _, row in maps(git.get("files"))]
    for file in bundle.settings if patterns else ():
        path = _below(file.file, patterns)
        if path:
            folder, _, name = path.rpartition("/")
            yield {**as_dict(file.data), "path": _path(folder) | {"filename": name}}
    rows = [row for _, row in maps(git.get("directories"))]
    patterns = [text(row.get("path")) for row in rows if row.get("exclude") is not True]
    without = [text(row.get("path")) for row in rows if row.get("exclude") is True]
    for folder in _folders(bundle) if patterns else ():
        path = _below(folder, patterns)
        if path and not _below(folder, without):
            yield {"path": _path(path)}
    inner = [dict(g) for _, g in maps(at(generator, "matrix", "generators"))]
    if len(inner) == 2:
        both = (list(islice(_given(bundle, one), MOST)) for one in inner)
        for first, second in islice(product(*both), MOST):
            yield {**first, **second}


def _path(folder: str) -> dict[str, Any]:
    """What `path` is in a template."""
    return {"path": folder, "basename": folder.rpartition("/")[2], "segments": folder.split("/")}


def _folders(bundle: Bundle) -> list[str]:
    """The folders of the files of the input, and those above them."""
    return bundle.once(_all_folders)


def _all_folders(bundle: Bundle) -> list[str]:
    found: set[str] = set()
    for one in (*bundle.resources, *bundle.settings):
        folder = os.path.dirname(one.file)
        while folder and folder != os.sep and folder not in found:
            found.add(folder)
            folder = os.path.dirname(folder)
    return sorted(found)


def _below(path: str, patterns: Iterable[str]) -> str:
    """The path as the first pattern has it, which begins at the top of a repository; else ""."""
    folders = path.split("/")
    for pattern in filter(None, patterns):
        steps = pattern.strip("/").split("/")
        for start in range(len(folders)):
            if leads(steps, folders[start:]):
                return "/".join(folders[start:])
    return ""


def leads(steps: list[str], folders: list[str]) -> bool:
    """Whether a pattern matches a whole path: `**` any folders, `*` any part of a name."""
    reached = {0}
    for number, step in enumerate(steps):
        if step == "**" and number + 1 < len(steps):
            reached = set(range(min(reached), len(folders) + 1)) if reached else reached
            continue
        name = step.replace("[", "[[]").replace("?", "[?]")
        reached = {i + 1 for i in reached if i < len(folders) and fnmatchcase(folders[i], name)}
    return len(folders) in reached


def filled(tree: Any, values: Parameters) -> Any:
    """A template with parameters in it; those that are not known stay."""
    if isinstance(tree, dict):
        return {key: filled(item, values) for key, item in tree.items()}
    if isinstance(tree, list):
        return [filled(item, values) for item in tree]
    return _FIELD.sub(lambda m: _value(m, values), tree) if isinstance(tree, str) else tree


def _value(match: re.Match[str], values: Parameters) -> str:
    steps = [match[1]] if match[1] else match[2].split(".")
    found: Any = values.get(".".join(steps), at(values, *steps))
    if isinstance(found, dict):
        found = found.get("path") if steps == ["path"] else None  # without goTemplate
    return match[0] if found is None or isinstance(found, list) else printed(found)


def printed(value: Any) -> str:
    """A value as a Go template prints it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def sources(spec: Mapping[str, Any], base: tuple[str | int, ...]) -> Iterator[Any]:
    """The sources of an Application, each with its path below `base`."""
    if isinstance(spec.get("source"), dict):
        yield (*base, "source"), spec["source"]
    for i, one in enumerate(as_list(spec.get("sources"))):
        if isinstance(one, dict):
            yield (*base, "sources", i), one
