"""An engine whose options are not in the catalog."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.engine_runs import engine_runs, program_runs
from stackgen.findings.model import Violations, violation


def check(context: Context) -> Violations:
    """One finding for each version that an image of an engine's project says."""
    said: set[tuple[str, str]] = set()
    for run in (*engine_runs(context), *program_runs(context)):
        engine, tag = run.running.engine, run.running.tag
        if run.running.version or not tag or (engine.name, tag) in said:
            continue
        said.add((engine.name, tag))
        yield violation(
            f"{engine.shown} {tag} is not in the catalog, which has {engine.span}: only options "
            "that no version has are reported",
            run.place("image"),
        )
