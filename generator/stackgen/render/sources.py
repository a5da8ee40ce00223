"""Flux's pinned sources: Git repositories and charts of the release row."""

from __future__ import annotations

from stackgen.origin import Traced, text
from stackgen.plan.model import Plan
from stackgen.record import record
from stackgen.render.delivery import FLUX
from stackgen.render.objects import Rendered, Scope, obj

FOLDER = "2-platform/sources"


@record
class GitSource:
    """A part of the stack that comes from Git: its key under `sources` in the row, and why."""

    key: str
    why: str
    when: Traced[bool]


def git_source(plan: Plan, key: str, flux: Traced[bool], why: str) -> Rendered:
    """A GitRepository, by its key under `sources` in the row. flux: whether it is there."""
    source = ("sources", key)
    body = {
        "spec": {
            "interval": "1h",
            "url": plan.release.value(*source, "url"),
            "ref": {"commit": plan.release.value(*source, "commit")},
        }
    }
    return obj(
        Scope(plan, FOLDER, FLUX), "source.toolkit.fluxcd.io/v1", "GitRepository",
        key.replace("_", "-"), body, when=flux, rule="platform/source", why=why,
    )  # fmt: skip


def chart_source(plan: Plan, key: str, wanted: Traced[bool], why: str) -> Rendered:
    """An OCIRepository, by its key under `sources` in the row."""
    source = ("sources", key)
    registry, chart = plan.release.value(*source, "registry"), plan.release.value(*source, "chart")
    body = {
        "spec": {
            "interval": "24h",
            "url": text("oci://{}/{}", registry, chart),
            "layerSelector": {
                "mediaType": "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
                "operation": "copy",
            },
            "ref": {"tag": plan.release.value(*source, "version")},
        }
    }
    return obj(
        Scope(plan, FOLDER, FLUX), "source.toolkit.fluxcd.io/v1", "OCIRepository", chart, body,
        when=wanted, rule="platform/source", why=why,
    )  # fmt: skip
