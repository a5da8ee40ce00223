"""The findings of the checks on a bundle, which can be divided among processes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from stackgen.cache import verdicts
from stackgen.checks import registry
from stackgen.checks.context import Context
from stackgen.checks.shard import Shard
from stackgen.findings.model import Located
from stackgen.findings.pipeline import Options, located_findings
from stackgen.garbage import collect_less
from stackgen.manifest.document import Source
from stackgen.record import record


@record
class Task:
    """What to check, which findings are wanted, and the texts of the input."""

    context: Context
    options: Options
    sources: tuple[Source, ...]


def check(task: Task, jobs: int) -> list[Located]:
    """The findings. jobs: processes. Raises UsageError."""
    bundle = task.context.bundle
    if jobs <= 1 or not task.context.shard.is_whole:
        return list(found(task, task.context.shard))
    from stackgen.fleet.processes import in_processes

    # What was derived before need not be known to another process.
    bare = dataclasses.replace(bundle)
    context = dataclasses.replace(task.context, bundle=bare, verdicts=verdicts.Verdicts(), kept={})
    bare_task = dataclasses.replace(task, context=context)
    return [one for some in in_processes(found_together, bare_task, jobs) for one in some]


def found(task: Task, shard: Shard) -> Iterator[Located]:
    """The findings of a shard, in this process."""
    collect_less(len(task.context.bundle.objects))
    context = dataclasses.replace(task.context, shard=shard, kept={})
    findings = registry.run(context, task.options.selection.wants)
    yield from located_findings(findings, task.options, task.sources)


def found_together(task: Task, shard: Shard) -> Iterator[list[Located]]:
    """The same in another process, which has the verdicts of its own begin."""
    context = dataclasses.replace(task.context, verdicts=verdicts.of_run())
    yield list(found(dataclasses.replace(task, context=context), shard))
