"""Charts that scripts and Terraform files install, as objects of kind HelmInstall.

The spec of such an object has `chart`, `version`, `repository`, `values`, and `files` with paths
as they are written. `path` is that of a chart in a folder. `partly` is true where other values
are not known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from stackgen.manifest import terraform
from stackgen.manifest.chart_values import merge
from stackgen.manifest.yaml_in import parse
from stackgen.regex import regex

KIND, VERSION = "HelmInstall", "helm.sh/v1"
_ADDED = regex(r"\bhelm\s+repo\s+add\s+(?:-\S+\s+)*([\w./-]+)\s+[\"']?(https?://[^\s\"']+)")
_FILE = regex(r"\b(?:templatefile|file)\([\s\"]*([^\"]+?\.ya?ml(?:\.tpl|\.tftpl)?)\"?")
_ROOTS = regex(r"\$\{path\.(?:module|root|cwd)\}/?")
# The folder that a file is in or below, as scripts write it.
_ABOVE = regex(r"\A(?:\$\w+|\$\{\w+\})/")
# A chart in a folder. A variable alone may be the address of a repository.
_LOCAL = regex(r"[./]|\$\{path\.\w+\}/|\$\{?\w+\}?/(?:.*/)?(?:charts?|helm)/|(?:charts?|helm)/")
# A repository that is no address: the provider joins the name of the chart to it.
# Source: hashicorp/terraform-provider-helm, resolveChartName, 2026-12-01.
_FOLDER = regex(r"[\w./-]+\Z")
# Another program calls the flag -f so.
_PATHS = ("--filename", "--values")
_SETS = ("--set", "--set-string", "--set-literal")
# Others that give values, which are not read.
_UNREAD = frozenset({"--set-json", "--set-file", "--reuse-values", "--reset-then-reuse-values"})
_UNREAD_FIELDS = ("set_list", "set_sensitive", "set_wo", "reuse_values")
_WORDS: Mapping[str, Any] = {"true": True, "false": False, "null": None}


def of_command(words: Sequence[str], flags: Mapping[str, list[str]], text: str) -> Any:
    """The name, namespace and spec of what a helm command installs; None if it installs nothing."""
    if len(words) < 4 or words[1] not in ("install", "upgrade"):
        return None
    chart, repository = words[3], _last(flags, "--repo")
    added = dict(_ADDED.findall(text))
    if not repository and "://" not in chart:
        repository = added.get(chart.partition("/")[0], "")
    repository = repository or (chart if "://" in chart else "")
    values: dict[str, Any] = {}
    # A variable may be further flags.
    partly = not _UNREAD.isdisjoint(flags) or any("$" in word for word in words[4:])
    for flag in _SETS:
        for given in flags.get(flag, ()):
            for pair in re.split(r"(?<!\\),", given):
                key, _, value = pair.partition("=")
                given_value = value if flag == "--set-string" else typed(value)
                partly |= "$" in key or not put(values, key, given_value)
    files = [_ABOVE.sub("", path) for flag in _PATHS for path in flags.get(flag, ())]
    spec = {
        "chart": chart.rstrip("/").rpartition("/")[2],
        "path": chart if not repository and _LOCAL.match(chart) else "",
        "version": _last(flags, "--version"),
        "repository": repository,
        "values": values,
        "files": files,
        "partly": partly or any("$" in x or "<" in x for x in (*files, *map(str, flags))),
    }
    space = _last(flags, "--namespace")
    return words[2], space, spec


def of_block(block: terraform.Block) -> Any:
    """The name, namespace and spec of a resource helm_release."""

    def said(name: str) -> str:
        found = block.find(name)
        return str(found.value) if found is not None and found.value is not None else ""

    values: dict[str, Any] = {}
    files: list[str] = []
    partly = False
    given = block.find("values")
    items = given.value if given is not None else []
    for item in items if isinstance(items, list) else [items]:
        read = _value(item)
        named = _FILE.search(item) if isinstance(item, str) else None
        if isinstance(read, dict):
            merge(values, read)
        elif named is not None:
            partly |= bool(values)  # the file has the last word, and is merged first
            files.append(_ROOTS.sub("", named[1]))
        else:
            partly = True
    for name, value in _sets(block):
        partly |= not put(values, name, value)
    partly |= any(b.type in ("dynamic", *_UNREAD_FIELDS) for b in block.blocks)
    listed = block.find("set")
    known = listed is None or _is_list_of_sets(listed.value)
    partly |= not known or any(block.find(name) is not None for name in _UNREAD_FIELDS)
    chart, repository = said("chart"), said("repository")
    if _FOLDER.match(repository) and "/" not in chart:
        chart, repository = f"{repository.rstrip('/')}/{chart}", ""
    spec = {
        "chart": chart.rstrip("/").rpartition("/")[2],
        "path": chart if not repository and _LOCAL.match(chart) else "",
        "version": said("version"),
        "repository": repository or (chart if "://" in chart else ""),
        "values": values,
        "files": files,
        "partly": partly,
    }
    return said("name") or block.labels[1], said("namespace"), spec


def _value(item: Any) -> Any:
    """The values of an item of `values`: an object, or a text that is YAML."""
    body = terraform.heredoc(item)
    if body is None:
        return item
    documents = parse(body, "values") if "%{" not in body else []
    bad = len(documents) != 1 or any(p.fatal for p in documents[0].problems)
    return None if bad else documents[0].data


def _sets(block: terraform.Block) -> Iterator[tuple[str, Any]]:
    for inner in block.blocks:
        name, value = inner.find("name"), inner.find("value")
        if inner.type == "set" and name is not None and value is not None:
            yield str(name.value), typed(value.value)
    listed = block.find("set")
    for one in listed.value if listed is not None and isinstance(listed.value, list) else ():
        if isinstance(one, dict) and "name" in one:
            yield str(one["name"]), typed(one.get("value"))


def _is_list_of_sets(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(x, dict) and "name" in x for x in value)


def put(values: dict[str, Any], name: str, value: Any) -> bool:
    """Set the value at a name as Helm's --set has it; False for one with an index, left out."""
    name = name.replace("\\\\", "\\")  # Terraform writes it twice
    steps = [step.replace("\\.", ".") for step in re.split(r"(?<!\\)\.", name)]
    if not name or any("[" in step or "{" in step for step in steps):
        return not name
    here = values
    for step in steps[:-1]:
        inner = here.setdefault(step, {})
        if not isinstance(inner, dict):
            return False
        here = inner
    here[steps[-1]] = value
    return True


def typed(value: Any) -> Any:
    """What Helm makes of the text that --set has."""
    if not isinstance(value, str):
        return value
    if value in _WORDS:
        return _WORDS[value]
    if value.startswith("{"):
        return [typed(one) for one in value.strip("{}").split(",") if one]
    return int(value) if re.fullmatch(r"0|-?[1-9][0-9]{0,17}", value) else value


def _last(flags: Mapping[str, list[str]], name: str) -> str:
    return flags.get(name, [""])[-1]
