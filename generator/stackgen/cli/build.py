"""`stackgen build`: compile, prove, then write `out/`; or, with --check, compare."""

from __future__ import annotations

import os
from datetime import date
from typing import TYPE_CHECKING

import click

from stackgen.checks.shard import Shard
from stackgen.cli.option import option, repeated
from stackgen.cli.options import JOBS, SHARD, ReportOptions, report_options, resolve, run_options
from stackgen.cli.output import deliver, details, notes, reasons
from stackgen.cli.stack_options import DIRECTORY, KNOWN_MODELS, known_models
from stackgen.cli.watch import WATCH
from stackgen.compiler import OUT, environments
from stackgen.errors import UsageError
from stackgen.findings.model import Finding, Place
from stackgen.findings.pipeline import Options, Outcome, conclude
from stackgen.findings.rules import all_rules
from stackgen.fleet.prove import prove
from stackgen.fleet.proven import STALE, Proven, Task
from stackgen.folders import check_folder
from stackgen.manifest.document import Source
from stackgen.spec.overlays import check_root

if TYPE_CHECKING:
    from stackgen.tree.compare import Changes

UNREADABLE = 2
NAMED = 10  # of the files that Git does not track


@click.command()
@repeated(
    "--env ENV",
    "Only this environment (a folder of overlays/). Repeatable.  [default: all]",
    "envs",
)
@option("--check", "Write nothing, and fail if out/ differs from the rendered files.")
@repeated(
    "--remove-env ENV",
    "Remove the files of an environment without an overlay from out/ENV: those in its "
    "stackgen.lock. Repeatable.",
    "removals",
)
@option("--fix", "Apply safe fixes to stack.yaml and overlays.")
@option("--diff", "Show the changes of --fix, and write nothing.")
@option(
    "--require-tracked",
    "Fail if Git does not track a file of out/. For hooks, which get no deleted files.",
)
@WATCH
@SHARD
@JOBS
@DIRECTORY
@KNOWN_MODELS
@run_options
@report_options
def build(
    envs: tuple[str, ...], check: bool, removals: tuple[str, ...], fix: bool, diff: bool,
    require_tracked: bool, shard: Shard, jobs: int, directory: str, require_known_model: bool,
    report: ReportOptions,
) -> int:  # fmt: skip
    """Render stack.yaml, with each overlay in overlays/, into out/.

    All checks run before a file is written: schemas, the validation of the API server, security
    policies. If one environment has an error, no environment is written. stackgen does not change
    files in out/ that it did not write. To remove an environment that has no overlay any longer,
    use --remove-env.
    """
    if check and removals:
        raise UsageError("--check writes nothing; leave out --remove-env")
    root = _root(directory)
    settled = resolve(report, all_rules(), root, base=root)
    options = known_models(settled, require_known_model)
    known = environments(root)
    chosen = tuple(shard.part(environments(root, envs)))
    task = Task(root, chosen, options, date.today(), check, not check or require_tracked)
    proven = prove(task, jobs)
    _check_removals(root, removals, known)
    details(f"read {one}" for one in _sources(proven))
    if fix or diff:
        from stackgen.cli.fixing import apply_fixes
        from stackgen.findings.fix import fixes_of

        fixes = fixes_of(concluded(proven, [], options, shard))
        applied = apply_fixes(fixes, root, show=diff, color=report.color)
        if diff:
            return 1 if applied.files else 0
        if applied.files:
            proven = prove(task, jobs)
    # What is left over is found by one of the shards, when no environment is named.
    whole = () if envs or not shard.has(0) else known
    outcome = concluded(proven, _left_over(root, whole) if check else [], options, shard)
    code = deliver(outcome, report, root)
    if not all(one.readable for one in proven):
        return UNREADABLE
    if code == 0 and not all(one.rendered for one in proven):
        raise UsageError("the spec has errors that --select, --ignore or a baseline leave out")
    if code == 0 and not check:
        _write(root, proven, removals, whole)
    return 1 if code == 0 and require_tracked and _untracked(root, proven) else code


def _sources(proven: list[Proven]) -> list[str]:
    return sorted({source.name for one in proven for source in one.sources})


def _check_removals(root: str, removals: tuple[str, ...], known: tuple[str, ...]) -> None:
    """Raises UsageError for what --remove-env cannot remove, and for names that are too alike."""
    from stackgen.tree.compare import left_over

    former = left_over(os.path.join(root, OUT), known)
    for env in removals:
        if env in known:
            raise UsageError(f"--remove-env {env}: the spec has it; remove overlays/{env} first")
        if env not in former:
            have = f"; there is {', '.join(former)}" if former else ""
            raise UsageError(f"--remove-env {env!r}: no folder of {OUT}/ that stackgen made{have}")
    alike = {env.casefold(): env for env in known}
    for env in former:
        other = alike.get(env.casefold())
        if other is not None and env not in removals:
            raise UsageError(
                f"{OUT}/{env} and the environment {other}: differ in case only; "
                f"`stackgen build --remove-env {env}` removes {OUT}/{env}"
            )


def _root(directory: str) -> str:
    """The folder of the spec. Raises UsageError when it holds none."""
    check_folder(directory)
    check_root(directory)
    return os.path.abspath(directory)


def concluded(proven: list[Proven], more: list[Finding], options: Options, shard: Shard) -> Outcome:
    """The outcome of the environments and of `more` findings."""
    suppressions = list(dict.fromkeys(s for one in proven for s in one.suppressions))
    sources: dict[str, Source] = {s.name: s for one in proven for s in one.sources}
    documents = sum(one.documents for one in proven)
    if not all(one.rendered for one in proven):
        # The spec itself is a document: a spec with errors is no empty input.
        documents += len(sources)
    return conclude(
        more, options,
        documents=documents, today=date.today(),
        suppressions=suppressions, sources=sources.values(),
        complete=shard.is_whole and all(one.rendered for one in proven),
        shared=not shard.is_whole,
        located=[x for one in proven for x in one.located],
    )  # fmt: skip


def _left_over(root: str, known: tuple[str, ...]) -> list[Finding]:
    """Folders of `out/` that no environment has. known: those of the spec, if all were built."""
    from stackgen.tree.compare import left_over

    former = left_over(os.path.join(root, OUT), known) if known else ()
    return [STALE.finding(_former(env), Place(file=f"{OUT}/{env}")) for env in former]


def _untracked(root: str, proven: list[Proven]) -> bool:
    """Whether the next commit lacks a file of `out/`; each such file is named."""
    from stackgen.review.git import Repository

    tracked = Repository(root).tracked(OUT)
    names = [f"{OUT}/{one.env}/{name}" for one in proven for name in one.files]
    missing = [name for name in names if name not in tracked]
    reasons(f"{name}: Git does not track it; `git add {OUT}`" for name in missing[:NAMED])
    if len(missing) > NAMED:
        reasons((f"and {len(missing) - NAMED} more",))
    return bool(missing)


def _former(env: str) -> str:
    return (
        f"{OUT}/{env} is of an environment that the spec does not have; "
        f"`stackgen build --remove-env {env}` removes it"
    )


def _write(
    root: str, proven: list[Proven], removals: tuple[str, ...], known: tuple[str, ...]
) -> None:
    """Replace the folders of the environments, and clear those that are to be removed.

    known: the environments of the spec; empty when one was asked for.
    """
    from stackgen.tree.compare import compare, left_over
    from stackgen.tree.stage import Replacement
    from stackgen.tree.write import alone, replace

    out = os.path.join(root, OUT)
    with alone(out):
        wanted = {one.env: one.files for one in proven} | {env: {} for env in removals}
        replacements = []
        for env, files in wanted.items():
            folder = os.path.join(out, env)
            replacements.append(Replacement(folder, files, compare(folder, files)))
        conflicts = replace(replacements)
        former = left_over(out, {*known, *removals}) if known else []
    for one in replacements:
        notes((f"{OUT}/{os.path.basename(one.folder)}: {_told(len(one.files), one.changes)}",))
    reasons(f"{file}: another file has its place; move it where it belongs" for file in conflicts)
    notes(_former(env) for env in former)


def _told(count: int, changes: Changes) -> str:
    counts = [
        f"{len(names)} {word}"
        for names, word in (
            (changes.added, "added"), (changes.changed, "changed"), (changes.removed, "removed")
        )
        if names
    ]  # fmt: skip
    return f"{count} files, {', '.join(counts) or 'unchanged'}"
