"""The charts that a stack installs, and what Helm makes of them with the stack's values."""

from __future__ import annotations

import functools
import json
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from stackgen.manifest.yaml_in import parse
from tests.integration import sources
from tests.integration.definitions import Definition, definitions, definitions_in
from tests.integration.programs import program
from tests.integration.rendered import Object, Stack, plain


@dataclass(frozen=True)
class Install:
    """One chart as an engine installs it. source: its key in the release row.

    path: of the chart inside the source, or "". values: as JSON. dropped: kinds that Flux removes.
    """

    name: str
    namespace: str
    source: str
    path: str
    values: str
    dropped: frozenset[str] = frozenset()

    def given(self) -> dict[str, Any]:
        return dict(json.loads(self.values))


@dataclass(frozen=True)
class Rendering:
    """What Helm said: the objects, or the error."""

    objects: tuple[Object, ...]
    error: str = ""


def installs(stack: Stack) -> list[Install]:
    """The charts of a stack."""
    return [install for _, install in installed(stack)]


def installed(stack: Stack) -> Iterator[tuple[Object, Install]]:
    """The objects of the engine that install a chart, each with the chart."""
    for data in stack.files.values():
        if data["kind"] == "HelmRelease":
            yield data, _of_flux(stack, data)
        elif data["kind"] == "Application":
            yield from ((data, install) for install in _of_argo(data))


def _of_flux(stack: Stack, data: Object) -> Install:
    spec = data["spec"]
    chart = spec.get("chartRef") or spec["chart"]["spec"]["sourceRef"]
    (origin,) = (
        d["spec"]
        for d in stack.files.values()
        if d["kind"] == chart["kind"] and d["metadata"]["name"] == chart["name"]
    )
    path = "" if "chartRef" in spec else spec["chart"]["spec"]["chart"]
    patches = [p for r in spec.get("postRenderers", ()) for p in r["kustomize"]["patches"]]
    dropped = (p["target"]["kind"] for p in patches if '"$patch": delete' in p["patch"])
    return Install(
        spec["releaseName"], spec["targetNamespace"], sources.key_of(origin["url"]), path,
        json.dumps(spec.get("values", {}), sort_keys=True), frozenset(dropped),
    )  # fmt: skip


def _of_argo(data: Object) -> Iterator[Install]:
    spec = data["spec"]
    for source in spec.get("sources") or [spec["source"]]:
        if "helm" in source:
            name = source.get("chart", "")
            yield Install(
                source["helm"]["releaseName"], spec["destination"]["namespace"],
                sources.key_of(f"{source['repoURL']}/{name}".rstrip("/")),
                source.get("path", ""),
                json.dumps(source["helm"].get("valuesObject", {}), sort_keys=True),
            )  # fmt: skip


@functools.cache
def template(install: Install) -> Rendering | None:
    """What `helm template` renders, or None where the chart cannot be had."""
    chart = _chart(install.source, install.path)
    if chart is None:
        return None
    command = [
        program("helm"), "template", install.name, str(chart), "--include-crds",
        "--namespace", install.namespace, "--values", "-",
    ]  # fmt: skip
    done = subprocess.run(
        command, input=install.values, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        return Rendering((), done.stderr.strip())
    documents = (plain(d.data) for d in parse(done.stdout, install.name))
    return Rendering(tuple(d for d in documents if isinstance(d, dict)))


def brought(install: Install) -> list[Definition]:
    """The definitions that come with a chart.

    In its repository the chart of External Secrets has none: a release adds them.
    """
    found = template(install)
    inside = definitions_in(found.objects if found is not None else ())
    others = definitions().items()
    return inside or [d for (group, _), d in others if group == f"{install.name}.io"]


@functools.cache
def _chart(source: str, path: str) -> Path | None:
    folder = sources.found(source)
    if folder is None:
        return None
    chart = folder / path
    about = yaml.safe_load((chart / "Chart.yaml").read_text(encoding="utf-8"))
    if not about.get("dependencies") or (chart / "charts").is_dir():
        return chart
    return _without_dependencies(chart, about)


def _without_dependencies(chart: Path, about: dict[str, Any]) -> Path:
    """A chart as it is in a repository lacks the charts that it depends on.

    Each of them must be off by the chart's own values: then it renders nothing.
    """
    values = yaml.safe_load((chart / "values.yaml").read_text(encoding="utf-8"))
    for one in about.pop("dependencies"):
        on: Any = values
        for key in one["condition"].split("."):
            on = on[key]
        assert on is False, f"{chart} needs {one['name']}, which is not there"
    copy = Path(tempfile.mkdtemp(prefix="chart-")) / chart.name
    copy.mkdir()
    for entry in chart.iterdir():
        if entry.name != "Chart.yaml":
            (copy / entry.name).symlink_to(entry)
    (copy / "Chart.yaml").write_text(yaml.safe_dump(about), encoding="utf-8")
    return copy
