"""`stackgen build`: compile, prove, then write `out/`; or, with --check, compare."""

from __future__ import annotations

import os
from datetime import date

import click

from stackgen.checks import registry
from stackgen.checks.gitops import gitops_stale_output
from stackgen.cli.options import ReportOptions, report_options, resolve
from stackgen.cli.output import deliver, notes
from stackgen.compiler import OUT, Compiled, compile_environment, environments
from stackgen.findings.model import Finding, Place
from stackgen.findings.pipeline import Options, Outcome, conclude
from stackgen.manifest.document import Source

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
    root = os.path.abspath(directory)
    options = resolve(report, registry.all_rules(), root)
    names = environments(root, envs)
    wants, today = options.selection.wants, date.today()
    compiled = [compile_environment(root, env, wants, today=today) for env in names]
    if report.fix or report.diff:
        from stackgen.cli.fixing import mend

        mended = mend(_conclude(compiled, [], options), root, show=report.diff, color=report.color)
        if report.diff:
            return 1 if mended.files else 0
        if mended.files:
            compiled = [compile_environment(root, env, wants, today=today) for env in names]
    stale = _stale(root, compiled) if check else []
    outcome = _conclude(compiled, stale, options)
    code = deliver(outcome, report)
    if not all(c.readable for c in compiled):
        return UNREADABLE
    if code == 0 and not check:
        _write(root, compiled)
    return code


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


def _stale(root: str, compiled: list[Compiled]) -> list[Finding]:
    from stackgen.tree.render import files_of
    from stackgen.tree.write import compare

    findings = []
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


def _write(root: str, compiled: list[Compiled]) -> None:
    from stackgen.tree.render import files_of
    from stackgen.tree.write import compare, recover, replace

    plans = []
    for one in compiled:
        folder = os.path.join(root, OUT, one.env)
        recover(folder)
        files = files_of(one)
        plans.append((one.env, folder, files, compare(folder, files)))
    for env, folder, files, changes in plans:
        replace(folder, files, changes)
        counts = [
            f"{len(names)} {word}"
            for names, word in (
                (changes.added, "added"), (changes.changed, "changed"), (changes.removed, "removed")
            )
            if names
        ]  # fmt: skip
        notes((f"{OUT}/{env}: {len(files)} files, {', '.join(counts) or 'unchanged'}",))
