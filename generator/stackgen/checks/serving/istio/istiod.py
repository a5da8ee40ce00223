"""What the input says of istiod: the configuration of the mesh, and the revisions that inject."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.checks.context import Context
from stackgen.facts.chart_values import installs
from stackgen.facts.shape import as_dict, as_list, text
from stackgen.findings.model import Place
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.manifest.yaml_in import parse
from stackgen.record import record

DEFAULT = "default"
_OPERATORS = {"IstioOperator": "install.istio.io", "Istio": "sailoperator.io"}
_VALUES: dict[str, Path] = {"IstioOperator": ("spec",), "Istio": ("spec", "values")}


@record
class Istiod:
    """One installation of istiod. shown: what messages call it. mesh: its meshConfig.

    revisions: the revisions and tags that inject sidecars; None if they are not known. whole: the
    input has all of its configuration.
    """

    shown: str
    place: Place
    mesh: Mapping[str, Any]
    revisions: frozenset[str] | None
    whole: bool


def istiods(context: Context) -> tuple[Istiod, ...]:
    """The installations of the input, found once."""
    return context.once(_istiods)


def _istiods(context: Context) -> tuple[Istiod, ...]:
    return (*_of_charts(context), *_of_operators(context), *_of_config_maps(context))


def _of_charts(context: Context) -> Iterator[Istiod]:
    for one in installs(context.bundle):
        if one.chart.chart == "istiod":
            values = as_dict(one.values.get("pilot")) | one.values
            tags = {text(tag) for tag in as_list(values.get("revisionTags"))}
            by = one.parts[0].by
            yield Istiod(
                f"{by.kind} {by.name}" if by.name else one.chart.chart,
                one.place("meshConfig"),
                as_dict(values.get("meshConfig")),
                frozenset(tags | {text(values.get("revision")) or DEFAULT}),
                one.complete,
            )


def _of_operators(context: Context) -> Iterator[Istiod]:
    for kind, group in _OPERATORS.items():
        for one in context.bundle.of_kind(kind, group):
            values = as_dict(one.get(*_VALUES[kind]))
            mesh, path = as_dict(values.get("meshConfig")), (*_VALUES[kind], "meshConfig")
            yield Istiod(f"{kind} {one.name}", _place(one, path), mesh, None, True)


def _of_config_maps(context: Context) -> Iterator[Istiod]:
    """The ConfigMaps that istiod reads, as `istioctl manifest generate` writes them."""
    for one in context.bundle.of_kind("ConfigMap", ""):
        mesh = one.get("data", "mesh")
        if one.name.partition("-")[0] == "istio" and isinstance(mesh, str):
            found = parse(mesh, "mesh", learning=False)
            known = len(found) == 1 and not found[0].problems and isinstance(found[0].data, dict)
            data = as_dict(found[0].data) if known else {}
            yield Istiod(f"ConfigMap {one.name}", _place(one, ("data", "mesh")), data, None, known)


def _place(one: Resource, path: Path) -> Place:
    return Place(one, path, note="the configuration of the mesh")
