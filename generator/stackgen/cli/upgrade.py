"""`stackgen upgrade`: what another release breaks and changes."""

from __future__ import annotations

import os
from datetime import date
from typing import TYPE_CHECKING

import click

from stackgen.cli import complete
from stackgen.cli.option import one_of, option, repeated
from stackgen.cli.output import notes, present, targets
from stackgen.cli.stack_options import COLOR, DIRECTORY, ENVIRONMENTS
from stackgen.errors import UsageError
from stackgen.report import formats

if TYPE_CHECKING:
    from collections.abc import Callable

    from stackgen.catalog.rows import Row
    from stackgen.checks.context import Context
    from stackgen.findings.model import Finding, Fix, Rule
    from stackgen.findings.pipeline import Options
    from stackgen.repository import Repository
    from stackgen.upgrade.model import Upgrade

FORMATS = formats("upgrade")


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH...]", shell_complete=complete.paths)
@click.option(
    "--to",
    "to",
    required=True,
    metavar="ROW",
    shell_complete=complete.releases,
    help="The release to upgrade to.",
)
@option(
    "--from ROW",
    "The current release.  [default: that of stack.yaml, or found from PATH]",
    "before",
)
@ENVIRONMENTS
@option("--fix", "Write the certain edits to stack.yaml.")
@option("--diff", "Show the changes of --fix, and write nothing.")
@one_of("--output-format", FORMATS, "Output format.")
@repeated(
    "--output FORMAT=FILE",
    "Also write the output to a file, such as markdown=upgrade.md. Repeatable.",
    "outputs",
)
@COLOR
@DIRECTORY
def upgrade(
    paths: tuple[str, ...], to: str, before: str, envs: tuple[str, ...], fix: bool, diff: bool,
    output_format: str, outputs: tuple[str, ...], color: str, directory: str,
) -> int:  # fmt: skip
    """Show what an upgrade to another release breaks and changes, with sources.

    \b
    stackgen upgrade --to llm-d-0.9                    the stack of this folder
    stackgen upgrade --to kserve-0.21 manifests/       manifests from any source
    stackgen upgrade --from llm-d-0.8 --to llm-d-0.9   the two releases alone

    The command compares API versions and fields, the behavior of controllers, presets, flags and
    plugins of the endpoint picker, options of vLLM and names of metrics, and adds statements of
    release notes. It renders the stack for both releases, and shows which objects are replaced and
    what happens to traffic during the rollout. The exit code is 1 if something that is used here
    breaks, otherwise 0.
    """

    files = targets(outputs, FORMATS)
    if paths and (envs or fix or diff):
        raise UsageError("--env, --fix and --diff are for the stack; leave them out with a PATH")
    root = os.path.abspath(directory)
    found = _upgrades(paths, before, to, envs, root)
    if fix or diff:
        return _fix(found, root, show=diff, color=color)
    present("upgrade", found, output_format, files, color)
    return 1 if any(one.blocked for one in found) else 0


def _upgrades(
    paths: tuple[str, ...], before: str, to: str, envs: tuple[str, ...], root: str
) -> list[Upgrade]:
    from stackgen.cli.options import ReportOptions, resolve
    from stackgen.cli.release import opened
    from stackgen.findings.rules import all_rules
    from stackgen.review.side import has_spec
    from stackgen.upgrade.run import of_releases

    own = opened(root)
    new = row_of(own, to)
    options = resolve(ReportOptions(), all_rules(), root, "default" if paths else "production")
    if paths:
        return [_of_paths(paths, before, new, own, options)]
    if has_spec(root) and not before:
        return _of_stack(root, new, envs, options)
    if not before:
        raise UsageError(f"{root}: has no stack.yaml; name a PATH, or the release with --from")
    return [of_releases(row_of(own, before), new, own)]


def _of_paths(
    paths: tuple[str, ...], before: str, new: Row, own: Repository, options: Options
) -> Upgrade:
    from stackgen.cli.release import settled
    from stackgen.manifest.collect import collect
    from stackgen.upgrade.run import of_manifests

    collected = collect(paths)
    if collected.unreadable:
        raise UsageError(f"{', '.join(paths)}: not all of it can be read; `stackgen lint` says why")
    release, remark = settled(own, before, collected.bundle)
    if not release:
        raise UsageError("the release of the manifests is not known; name it with --from")
    notes([remark] if remark else [])
    return of_manifests(
        collected.bundle, collected.sources, row_of(own, release), new, own, options, date.today()
    )


def _of_stack(root: str, new: Row, envs: tuple[str, ...], options: Options) -> list[Upgrade]:
    from stackgen.compiler import read_inputs
    from stackgen.spec.load import load
    from stackgen.spec.overlays import SPEC_FILE, overlay_file
    from stackgen.upgrade.run import RELEASE, of_stack

    inputs = read_inputs(root, envs)
    found = []
    for env in inputs.environments:
        overlay = overlay_file(env) if env in inputs.overlays else None
        loaded = load(root, SPEC_FILE, overlay, (), inputs.texts)
        spec = loaded.data.get("spec") if isinstance(loaded.data, dict) else None
        name = spec.get(RELEASE[1]) if isinstance(spec, dict) else None
        if not isinstance(name, str):
            raise UsageError(f"spec.release of {env} is not a release; `stackgen build` shows more")
        old = row_of(inputs.repository, name)
        found.append(of_stack(root, env, old, new, inputs, options, date.today()))
    return found


def _fix(found: list[Upgrade], root: str, *, show: bool, color: str) -> int:
    from stackgen.cli.fixing import apply_fixes

    fixes: dict[str, list[Fix]] = {}
    for one in found:
        for fix in one.edits:
            if fix not in fixes.setdefault(fix.file, []):
                fixes[fix.file].append(fix)
    applied = apply_fixes(fixes, root, show=show, color=color)
    return 1 if show and applied.files else 0


def upgrade_findings(
    context: Context, own: Repository, to: str, wants: Callable[[Rule], bool]
) -> list[Finding]:
    """What an upgrade of manifests breaks and changes. Raises UsageError without an old release."""
    from stackgen.upgrade.judge import added, concerns, findings_of, settled

    if not context.release:
        raise UsageError("the release of the manifests is not known; name it with --release")
    old, new = row_of(own, context.release), row_of(own, to)
    found = added(context, old, new, wants)
    changes = settled(concerns(old, new, own.catalog, context.bundle), found)
    return [*found, *findings_of(changes, found, wants)]


def row_of(own: Repository, name: str) -> Row:
    """The row of a release. Raises UsageError for a name that is none."""
    from stackgen.cli.release import check

    check(name, own)
    row = own.catalog.copy().release(name)
    if row is None:
        raise UsageError("name a release; `stackgen releases` lists them")
    return row
