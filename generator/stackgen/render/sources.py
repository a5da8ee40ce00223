"""Flux's pinned sources: Git repositories and charts of the release row."""

from __future__ import annotations

from stackgen.origin import Traced, all_of, text
from stackgen.plan.model import Plan
from stackgen.record import record
from stackgen.render.delivery import FLUX
from stackgen.render.objects import Rendered, Scope, obj

FOLDER = "2-platform/sources"


@record
class Source:
    """Where a part of the stack comes from: its key under `sources` in the row, and why.

    chart: whether it is a chart in a registry; else a Git repository.
    """

    key: str
    why: str
    when: Traced[bool]
    chart: bool = False


def source(plan: Plan, one: Source, flux: Traced[bool]) -> Rendered:
    """Flux's object for it. flux: whether Flux is the engine."""
    wanted = all_of(flux, one.when)
    made = chart_source if one.chart else git_source
    return made(plan, one.key, wanted, one.why)


def git_source(plan: Plan, key: str, flux: Traced[bool], why: str) -> Rendered:
    """A GitRepository, by its key under `sources` in the row. flux: whether it is there."""
    row = ("sources", key)
    body = {
        "spec": {
            "interval": "1h",
            "url": plan.release.value(*row, "url"),
            "ref": {"commit": plan.release.value(*row, "commit")},
        }
    }
    return obj(
        Scope(plan, FOLDER, FLUX), "source.toolkit.fluxcd.io/v1", "GitRepository",
        key.replace("_", "-"), body, when=flux, rule="platform/source", why=why,
    )  # fmt: skip


def chart_source(plan: Plan, key: str, wanted: Traced[bool], why: str) -> Rendered:
    """An OCIRepository, by its key under `sources` in the row."""
    row = ("sources", key)
    registry, chart = plan.release.value(*row, "registry"), plan.release.value(*row, "chart")
    body = {
        "spec": {
            "interval": "24h",
            "url": text("oci://{}/{}", registry, chart),
            "layerSelector": {
                "mediaType": "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
                "operation": "copy",
            },
            "ref": {"tag": plan.release.value(*row, "version")},
        }
    }
    return obj(
        Scope(plan, FOLDER, FLUX), "source.toolkit.fluxcd.io/v1", "OCIRepository", chart, body,
        when=wanted, rule="platform/source", why=why,
    )  # fmt: skip
