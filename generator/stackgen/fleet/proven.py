"""An environment of a build, proven and then reduced to what the build prints and writes.

A compiled environment is large, and a fleet has a thousand. Of each, only its located findings and
its files stay.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date

from stackgen.cache import seen
from stackgen.checks.shard import Shard
from stackgen.compiler import OUT, Compiled, Inputs, compile_environment, read_inputs
from stackgen.findings.model import Finding, Located, Place
from stackgen.findings.pipeline import Options, located_findings
from stackgen.findings.rules import rule_named
from stackgen.findings.suppress import Suppression
from stackgen.manifest.document import Source
from stackgen.record import record
from stackgen.spec.overlays import FOLDER, SPEC_FILE
from stackgen.tree.compare import compare
from stackgen.tree.render import files_of

STALE = rule_named("gitops-stale-output")


@record
class Task:
    """What to do. environments: in their order.

    today: the day against which dates are read. check: compare with `out/`. keep: keep the files.
    known: environments that need not be proven.
    """

    root: str
    environments: tuple[str, ...]
    options: Options
    today: date
    check: bool
    keep: bool
    known: frozenset[str] = frozenset()

    @property
    def rest(self) -> tuple[str, ...]:
        """The environments to prove."""
        return tuple(env for env in self.environments if env not in self.known)


@record
class Proven:
    """What stays of an environment.

    rendered: False where the spec has errors. documents: that were looked at. files: below
    `out/<env>`, where they are kept. is_alone: it looked at no file of another environment.
    """

    env: str
    located: tuple[Located, ...]
    suppressions: tuple[Suppression, ...]
    sources: tuple[Source, ...]
    readable: bool
    rendered: bool
    documents: int
    files: Mapping[str, bytes]
    is_alone: bool = False


def owner(root: str, environments: Iterable[str]) -> Callable[[str], str]:
    """Which environment alone looks at a path: at its overlay, and at what is rendered of it."""
    names = frozenset(environments)
    out, overlays = (os.path.join(root, folder, "") for folder in (OUT, FOLDER))

    def of(path: str) -> str:
        if path.startswith(out):
            name = path[len(out) :].partition(os.sep)[0]
            return name if name in names else ""
        if path.startswith(overlays):
            name, _, rest = path[len(overlays) :].partition(os.sep)
            return name if name in names and rest == SPEC_FILE else ""
        return ""

    return of


def in_this_process(task: Task, inputs: Inputs, mine: Sequence[str]) -> Iterator[Proven]:
    """The environments one after the other. mine: those to prove."""
    of = owner(task.root, task.environments)
    for env in mine:
        seen.recent()
        one = _proven(task, env, inputs)
        others = {of(path) for path in seen.recent()} - {"", env}
        yield dataclasses.replace(one, is_alone=not others)


def in_shard(task: Task, shard: Shard) -> Iterator[Proven]:
    """The environments of a shard, in this process."""
    inputs = read_inputs(task.root, task.environments)
    return in_this_process(task, inputs, shard.part(task.rest))


def _proven(task: Task, env: str, inputs: Inputs) -> Proven:
    options = task.options
    compiled = compile_environment(
        task.root, env, options.selection.wants,
        today=task.today, profile=options.profile, inputs=inputs,
    )  # fmt: skip
    bundle = compiled.bundle
    files = files_of(compiled) if bundle is not None and (task.check or task.keep) else {}
    findings = [*compiled.findings, *(_stale(task.root, compiled, files) if task.check else ())]
    return Proven(
        env,
        tuple(located_findings(findings, options, compiled.sources)),
        compiled.suppressions,
        compiled.sources,
        compiled.readable,
        bundle is not None,
        len(bundle.objects) if bundle is not None else 0,
        files if task.keep else {},
    )


def _stale(root: str, compiled: Compiled, files: Mapping[str, bytes]) -> Iterator[Finding]:
    """What differs in `out/`."""
    if compiled.bundle is None:
        return
    folder = f"{OUT}/{compiled.env}"
    changes = compare(os.path.join(root, OUT, compiled.env), files)
    if len(changes.added) == len(files) and not changes.removed:
        yield STALE.finding(f"{folder} is not rendered yet", Place(file=folder))
        return
    for names, what in (
        (changes.added, "is missing"),
        (changes.changed, "differs from what stack.yaml renders"),
        (changes.removed, "is no longer rendered"),
    ):
        for name in names:
            file = f"{folder}/{name}"
            yield STALE.finding(f"{file} {what}", Place(file=file))
