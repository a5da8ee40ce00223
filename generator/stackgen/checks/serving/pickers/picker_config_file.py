"""An endpoint picker whose configuration file does not exist."""

from __future__ import annotations

from typing import Any

from stackgen.catalog.charts import meaning
from stackgen.checks.context import Context
from stackgen.checks.serving.chain import Chain, chain
from stackgen.checks.serving.pickers.pickers import Picker, pickers
from stackgen.escape import visible
from stackgen.facts.chart_values import installs
from stackgen.facts.shape import as_dict, at, maps, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.spelling import did_you_mean

_FLAGS = ("config-file", "configFile")


def check(context: Context) -> Violations:
    """The file of each picker that is given one, against mounts and ConfigMaps of the input."""
    links = chain(context)
    for picker in pickers(links):
        for name in _FLAGS:
            file = picker.line.text(name) or ""
            if file.startswith("/") and plain(file):
                yield from _missing(links, picker, name, file)
    yield from _of_values(context)


def _of_values(context: Context) -> Violations:
    """A file that the values of a chart name, beside files of their own."""
    for install in installs(context.bundle):
        row = as_dict(meaning()["rules"].get(install.chart.chart, {}).get("picker"))
        if "configs" not in row:
            continue
        own = as_dict(at(install.values, *row["configs"]))
        file = text(at(install.values, *row["file"]))
        # The chart has files of its own, which begin so.
        if own and plain(file) and file and file not in own and not file.startswith("default"):
            there = ", ".join(map(visible, sorted(own)))
            yield violation(
                f"{row['file'][-1]} is {visible(file)}; {row['configs'][-1]} has the files {there}"
                f"{did_you_mean(file, sorted(own))}",
                install.place(*row["file"]),
            )


def _missing(links: Chain, picker: Picker, flag: str, file: str) -> Violations:
    mounts = [m for _, m in maps(picker.container.get("volumeMounts"))]
    paths = {text(m.get("mountPath")).rstrip("/"): m for m in mounts}
    inside = [path for path in paths if file == path or file.startswith(path + "/")]
    if not mounts:
        # The file may be part of the image.
        return
    if not inside:
        yield violation(
            f"--{flag} is {file}; volumes are mounted at {', '.join(sorted(paths))}",
            picker.flag(flag),
        )
        return
    path = max(inside, key=len)
    mount, name = paths[path], file.removeprefix(path).lstrip("/")
    volumes = {text(v.get("name")): v for _, v in maps(picker.pods.spec.get("volumes"))}
    source = as_dict(as_dict(volumes.get(text(mount.get("name")))).get("configMap"))
    found = links.find("ConfigMap", picker.pods.owner.namespace, text(source.get("name")), "")
    if found is None or mount.get("subPath") or not name:
        return
    keys = _files(source, [*as_dict(found.get("data")), *as_dict(found.get("binaryData"))])
    if name not in keys:
        there = ", ".join(sorted(keys)) or "none"
        yield violation(
            f"--{flag} is {file}; ConfigMap {found.name} has the files {there}"
            f"{did_you_mean(name, sorted(keys))}",
            picker.flag(flag),
            Place(found.resource, ("data",), key=True, note="its keys"),
        )


def _files(source: dict[str, Any], keys: list[str]) -> set[str]:
    """The files of a volume: one for each item, or without items for each key."""
    items = [text(item.get("path")) for _, item in maps(source.get("items"))]
    return set(items or map(str, keys))
