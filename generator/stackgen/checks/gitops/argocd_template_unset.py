"""A name in an Application or ApplicationSet that nothing sets."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from stackgen.checks.context import Context
from stackgen.facts.application_sets import MOST, parameters
from stackgen.facts.shape import as_dict, as_list, maps, text, texts
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.regex import regex
from stackgen.rollout.argocd import GROUP
from stackgen.wording import few

_PLAIN = regex(r"\{\{\s*([A-Za-z][\w-]*(?:\.[\w-]+)*)\s*\}\}")
# What a Go template prints as it is: braces for another program.
_QUOTED = regex(r"\{\{-?\s*(?:`[^`]*`|\"(?:[^\"\\]|\\.)*\")\s*-?\}\}")
_VALUES = regex(r"\$([A-Za-z][\w-]*)/")
# A field of a Go template without a function, a pipe or an index.
_FIELD = regex(r"\{\{-?\s*\.([A-Za-z_]\w*(?:\.\w+)*)\s*-?\}\}")
_FEW = 3
_PLAIN_GIT = frozenset({"repoURL", "revision", "files", "requeueAfterSeconds"})
# Words and functions of Go templates that stand alone.
_WORDS = frozenset({"else", "end", "break", "continue", "now", "uuidv4"})


def check(context: Context) -> Violations:
    """Parameters of templates, and sources that values files are read from."""
    for one in context.bundle.of_kind("ApplicationSet", GROUP):
        base: Path = ("spec", "template")
        yield from _references(one, (*base, "spec"))
        named = _parameters(one)
        files = _of_files(context, one) if named is None else {}
        goes = one.get("spec", "goTemplate") is True
        known = None if goes else named
        for path, written in texts(one.get(*base)):
            value = _QUOTED.sub("", written) if goes else written
            for name in dict.fromkeys(_FIELD.findall(value)) if goes else ():
                if named is not None and name not in named:
                    yield violation(
                        f"no generator gives the parameter {name}; they give "
                        f"{', '.join(sorted(named))}",
                        Place(one, (*base, *path)),
                    )
                without = sorted(file for file, known in files.items() if name not in known)
                if without:
                    yield violation(
                        f"{few(without, _FEW)} {'give' if len(without) > 1 else 'gives'} no "
                        f"parameter {name}, and no other generator does",
                        Place(one, (*base, *path)),
                    )
            for name in dict.fromkeys(_FIELD.findall(value)) if not goes else ():
                yield violation(
                    f"{{{{.{name}}}}} is a Go template, and goTemplate is not true",
                    Place(one, (*base, *path)),
                    remedy="Set `spec.goTemplate: true`.",
                )
            for name in _PLAIN.findall(value):
                if one.get("spec", "goTemplate") is True and name not in _WORDS:
                    yield violation(
                        f"{{{{{name}}}}} is no Go template: with goTemplate, a parameter is "
                        f"{{{{.{name}}}}}",
                        Place(one, (*base, *path)),
                    )
                elif known is not None and name not in known:
                    given = ", ".join(sorted(known)) or "none"
                    yield violation(
                        f"no generator gives the parameter {name}; they give {given}",
                        Place(one, (*base, *path)),
                    )
    for one in context.bundle.of_kind("Application", GROUP):
        yield from _references(one, ("spec",))


def _of_files(context: Context, one: Resource) -> dict[str, set[str]]:
    """The parameters that there are for each file of a generator; none if not all are known.

    The generators are lists and files of the input, and those of one matrix.
    """
    found: dict[str, set[str]] = {}
    for _, generator in maps(one.get("spec", "generators")):
        inner = [g for _, g in maps(as_dict(generator.get("matrix")).get("generators"))]
        if not all(map(_is_known, inner or [generator])) or len(generator) != 1:
            return {}
    for given in islice(parameters(context.bundle, one), MOST):
        path = as_dict(given.get("path"))
        file = f"{path.get('path')}/{path.get('filename')}"
        if not path.get("filename"):
            return {}
        names = set(_names(dict(given)))
        found[file] = found.get(file, names) & names
    return found


def _is_known(generator: dict[str, Any]) -> bool:
    """Whether a generator is a list, or takes whole files."""
    if set(generator) == {"list"}:
        return bool(as_dict(generator["list"]).get("elements"))
    git = as_dict(generator.get("git"))
    return set(generator) == {"git"} and bool(git.get("files")) and set(git) <= _PLAIN_GIT


def _parameters(one: Resource) -> set[str] | None:
    """The parameters that every generator gives; None if they are not all known."""
    found: set[str] = set()
    for _, generator in maps(one.get("spec", "generators")):
        elements = [e for _, e in maps(as_dict(generator.get("list")).get("elements"))]
        if len(generator) != 1 or not elements or as_dict(generator["list"]).get("elementsYaml"):
            return None
        found |= {name for element in elements for name in _names(element)}
    return found or None


def _names(element: dict[str, Any], before: str = "") -> Iterator[str]:
    for key, value in element.items():
        yield f"{before}{key}"
        if isinstance(value, dict):
            yield from _names(value, f"{before}{key}.")


def _references(one: Resource, base: Path) -> Violations:
    """Values files of a source `$NAME/...` need a source with `ref: NAME`."""
    sources = list(maps(one.get(*base, "sources")))
    known = {text(source.get("ref")) for _, source in sources}
    for i, source in sources:
        files = as_list(as_dict(source.get("helm")).get("valueFiles"))
        for j, file in enumerate(files):
            named = _VALUES.match(text(file))
            if named and named[1] not in known:
                given = ", ".join(sorted(filter(None, known))) or "none"
                yield violation(
                    f"no source has `ref: {named[1]}`; the references are {given}",
                    Place(one, (*base, "sources", i, "helm", "valueFiles", j)),
                )
