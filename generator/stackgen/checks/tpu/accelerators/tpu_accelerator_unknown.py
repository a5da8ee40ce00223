"""A generation of TPU that does not exist."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.accelerators.uses import generation_uses
from stackgen.checks.tpu.view import View, view
from stackgen.findings.model import Violations, violation
from stackgen.spelling import did_you_mean


def check(context: Context) -> Violations:
    """One finding for each unknown value of the label."""
    seen = view(context)
    known = _labels(seen)
    announced = seen.catalog.gke("tpu-announced").data
    for who, value, place in generation_uses(seen):
        row = seen.catalog.accelerator_of_label(value)
        if row is not None and row.data["kind"] == "tpu":
            continue
        if value in announced["called"]:
            yield violation(
                f"{who} selects {value!r}: nothing about the Pods was checked, since labels, "
                f"machine types and zones of {announced['name']} in GKE were not published on "
                f"{announced['as_of']}",
                place,
                confidence="medium",
                remedy=f"Check the label in the documentation of GKE, or use one of "
                f"{', '.join(known)}.",
            )
            continue
        yield violation(
            f"{who} selects {value!r}, which is not a TPU generation of GKE"
            + _meant(seen, value, known),
            place,
            remedy=f"Use one of {', '.join(known)}.",
        )


def _labels(seen: View) -> list[str]:
    rows = [r for r in seen.catalog.rows("accelerator") if r.data["kind"] == "tpu"]
    return [label for r in rows for label in (r.data["label"], *r.data.get("other_labels", ()))]


def _meant(seen: View, value: str, known: list[str]) -> str:
    """Generations are often called by their short names (`v5e`, `tpu-v5e`)."""
    for part in value.split("-"):
        row = seen.catalog.accelerator(part)
        if row is not None and row.data["kind"] == "tpu":
            return f'; did you mean "{row.data["label"]}"?'
    return did_you_mean(value, known)
