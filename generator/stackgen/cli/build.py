"""`stackgen build`: compile, prove, then write `out/`; or, with --check, compare."""

from __future__ import annotations

import os
from datetime import date
from typing import TYPE_CHECKING

import click

from stackgen.checks import registry
from stackgen.checks.gitops import gitops_stale_output
from stackgen.cli.options import ReportOptions, report_options, resolve
from stackgen.cli.output import deliver, notes
from stackgen.compiler import OUT, SPEC_FILE, Compiled, compile_environment, environments
from stackgen.errors import UsageError
from stackgen.findings.model import Finding, Place
from stackgen.findings.pipeline import Options, Outcome, conclude
from stackgen.manifest.document import Source

if TYPE_CHECKING:
    from stackgen.tree.write import Changes

UNREADABLE = 2


@click.command()
@click.option(
    "--env",
    "envs",
    multiple=True,
    metavar="ENV",
    help="Only this environment (a folder of overlays/). Repeatable.  [default: all]",
)
@click.option(
    "--check",
    is_flag=True,
    help="Write nothing; fail when out/ differs from what would be rendered.",
)
@click.option(
    "-C",
    "--directory",
    default=".",
    metavar="DIR",
    help="The folder of stack.yaml.",
)
@report_options
def build(
    envs: tuple[str, ...], check: bool, directory: str, report: ReportOptions
) -> int:  # fmt: skip
    """Compile stack.yaml, with each overlay of overlays/, into out/.

    Everything is proven before anything is written: schemas, the rules of the API server, security
    policies. When one environment has an error, none is written. Files in out/ that stackgen did
    not make are left alone.
    """
    root = _root(directory)
    options = resolve(report, registry.all_rules(), root)
    names = environments(root, envs)
    wants, today = options.selection.wants, date.today()
    compiled = [
        compile_environment(root, env, wants, today=today, profile=options.profile) for env in names
    ]
    if report.fix or report.diff:
        from stackgen.cli.fixing import mend

        mended = mend(_conclude(compiled, [], options), root, show=report.diff, color=report.color)
        if report.diff:
            return 1 if mended.files else 0
        if mended.files:
            compiled = [
                compile_environment(root, env, wants, today=today, profile=options.profile)
                for env in names
            ]
    stale = _stale(root, compiled, everything=not envs) if check else []
    outcome = _conclude(compiled, stale, options)
    code = deliver(outcome, report)
    if not all(c.readable for c in compiled):
        return UNREADABLE
    if code == 0 and any(c.bundle is None for c in compiled):
        raise UsageError("the spec has errors that --select, --ignore or a baseline leave out")
    if code == 0 and not check:
        _write(root, compiled, everything=not envs)
    return code


def _root(directory: str) -> str:
    """The folder of the spec. Raises UsageError when it holds none."""
    if not os.path.isdir(directory):
        raise UsageError(f"{directory}: is not a folder")
    if not os.path.lexists(os.path.join(directory, SPEC_FILE)):
        name = os.path.normpath(os.path.join(directory, SPEC_FILE))
        raise UsageError(f"{name}: not found; -C names the folder that holds it")
    return os.path.abspath(directory)


def _conclude(compiled: list[Compiled], more: list[Finding], options: Options) -> Outcome:
    findings = [f for c in compiled for f in c.findings]
    suppressions = list(dict.fromkeys(s for c in compiled for s in c.suppressions))
    sources: dict[str, Source] = {s.name: s for c in compiled for s in c.sources}
    documents = sum(len(c.bundle.objects) for c in compiled if c.bundle is not None)
    if any(c.bundle is None for c in compiled):
        # The spec itself is a document: a spec with errors is no empty input.
        documents += len(sources)
    return conclude(
        [*findings, *more], options,
        documents=documents, today=date.today(),
        suppressions=suppressions, sources=sources.values(),
        complete=all(c.bundle is not None for c in compiled),
    )  # fmt: skip


def _stale(root: str, compiled: list[Compiled], *, everything: bool) -> list[Finding]:
    from stackgen.tree.render import files_of
    from stackgen.tree.write import compare, left_over

    findings = []
    if everything:
        for env in left_over(os.path.join(root, OUT), (c.env for c in compiled)):
            message = f"{OUT}/{env} is of an environment that is no more"
            findings.append(gitops_stale_output.RULE.finding(message, Place(file=f"{OUT}/{env}")))
    for one in compiled:
        if one.bundle is None:
            continue
        folder = f"{OUT}/{one.env}"
        changes = compare(os.path.join(root, OUT, one.env), files_of(one))
        for names, what in (
            (changes.added, "is missing"),
            (changes.changed, "differs from what stack.yaml renders"),
            (changes.removed, "is no longer rendered"),
        ):
            for name in names:
                file = f"{folder}/{name}"
                message = f"{file} {what}"
                findings.append(gitops_stale_output.RULE.finding(message, Place(file=file)))
    return findings


def _write(root: str, compiled: list[Compiled], *, everything: bool) -> None:
    """Replace the folders of the environments; with `everything`, clear those of former ones."""
    from stackgen.tree.render import files_of
    from stackgen.tree.write import (
        Replacement,
        alone,
        compare,
        left_over,
        recover,
        replace,
    )

    out = os.path.join(root, OUT)
    with alone(out):
        wanted = {one.env: files_of(one) for one in compiled}
        if everything:
            wanted.update({env: {} for env in left_over(out, wanted)})
        replacements = []
        for env, files in wanted.items():
            folder = os.path.join(out, env)
            recover(folder)
            replacements.append(Replacement(folder, files, compare(folder, files)))
        replace(replacements)
    for one in replacements:
        notes((f"{OUT}/{os.path.basename(one.folder)}: {_told(len(one.files), one.changes)}",))


def _told(count: int, changes: Changes) -> str:
    counts = [
        f"{len(names)} {word}"
        for names, word in (
            (changes.added, "added"), (changes.changed, "changed"), (changes.removed, "removed")
        )
        if names
    ]  # fmt: skip
    return f"{count} files, {', '.join(counts) or 'unchanged'}"
