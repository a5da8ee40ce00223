"""`stackgen report`: the stack as one HTML page."""

from __future__ import annotations

import os
from datetime import date
from typing import TYPE_CHECKING

import click

from stackgen.cli.option import option
from stackgen.cli.options import ReportOptions, resolve
from stackgen.cli.output import notes, say, write
from stackgen.cli.rollout import rollouts_of
from stackgen.cli.stack_options import DIRECTORY, ENVIRONMENTS
from stackgen.compiler import Compiled, Inputs, compile_environment, read_inputs
from stackgen.errors import UsageError
from stackgen.findings.pipeline import Options, Outcome, conclude
from stackgen.findings.rules import all_rules
from stackgen.folders import check_folder
from stackgen.manifest.document import Source

if TYPE_CHECKING:
    from stackgen.report.page import Network, Section

STDOUT = "-"
UNREADABLE = 2


@click.command()
@ENVIRONMENTS
@option(
    "--output FILE",
    "File to write, or - for standard output. Only reports of stackgen are replaced.",
    default="report.html",
    show_default=True,
)
@DIRECTORY
def report(envs: tuple[str, ...], output: str, directory: str) -> int:
    """Write the stack as one HTML page: requests, models, cost, network, rollout, findings.

    \b
    stackgen report                          all environments, to report.html
    stackgen report --env prod --output -    one environment, to standard output

    The page needs no network. Its figures are those of plan, net, rollout and build. The exit code
    is 1 if `stackgen build` fails; the page is written anyway.
    """
    from stackgen.report.page import render
    from stackgen.wording import counted

    check_folder(directory)
    _check(output)
    root, today = os.path.abspath(directory), date.today()
    options = resolve(ReportOptions(), all_rules(), root)
    inputs = read_inputs(root, envs)
    name, sections, readable = "", [], True
    for env in inputs.environments:
        compiled = _compiled(root, env, options, today, inputs)
        stack, readable = compiled.stack, readable and compiled.readable
        name = name or (str(stack.metadata.name.value) if stack is not None else "")
        sections.append(_section(root, compiled, _concluded(compiled, options, today)))
    page = render(name or os.path.basename(root), sections)
    if output == STDOUT:
        say(page)
    else:
        write(output, page)
        notes((f"{output}: {counted(len(sections), 'environment')}",))
    return max(one.outcome.exit_code for one in sections) if readable else UNREADABLE


def _check(output: str) -> None:
    """Raises UsageError for a file that others wrote."""
    from stackgen.report.page import is_page

    if output == STDOUT or not os.path.lexists(output):
        return
    try:
        ours = os.path.isfile(output) and is_page(output)
    except OSError as error:
        raise UsageError(f"{output}: {(error.strerror or str(error)).lower()}") from None
    if not ours:
        raise UsageError(
            f"{output}: exists and is not a page of `stackgen report`; name another file"
        )


def _compiled(root: str, env: str, options: Options, today: date, inputs: Inputs) -> Compiled:
    return compile_environment(
        root, env, options.selection.wants, today=today, profile=options.profile, inputs=inputs
    )


def _concluded(compiled: Compiled, options: Options, today: date) -> Outcome:
    sources: dict[str, Source] = {s.name: s for s in compiled.sources}
    bundle = compiled.bundle
    return conclude(
        compiled.findings, options,
        documents=len(bundle.objects) if bundle is not None else len(sources), today=today,
        suppressions=compiled.suppressions, sources=sources.values(),
        complete=bundle is not None,
    )  # fmt: skip


def _section(root: str, compiled: Compiled, outcome: Outcome) -> Section:
    from stackgen.plan.estimate import estimate
    from stackgen.report.page import Section
    from stackgen.report.plan_facts import Planned

    if compiled.plan is None or compiled.bundle is None:
        return Section(compiled.env, outcome)
    used = compiled.catalog.used()
    money = estimate(compiled.plan, compiled.catalog)
    prices = [cost.row for cost in money.costs.pools if cost.row is not None]
    prices += [row for extra in money.costs.extras for row in extra.rows]
    rows = {(row.file, row.key): row for row in (*used, *prices)}
    return Section(
        compiled.env,
        outcome,
        Planned(compiled.plan, money),
        _network(compiled),
        tuple(rollouts_of(root, compiled)),
        tuple(rows[key] for key in sorted(rows)),
    )


def _network(compiled: Compiled) -> Network:
    from stackgen.net.connections import connections
    from stackgen.net.evaluate import Reading
    from stackgen.net.map import map_of, named_addresses
    from stackgen.net.policies import policies_of
    from stackgen.net.profile import profile_of
    from stackgen.net.prove import prove
    from stackgen.net.world import listed, with_ranges, world_of
    from stackgen.report.page import Network

    assert compiled.plan is not None and compiled.bundle is not None
    profile, policies = profile_of(compiled.plan), policies_of(compiled.bundle.objects)
    world = with_ranges(listed(world_of(compiled.bundle, profile)), policies)
    found = connections(world, policies, Reading("identities"))
    proofs = prove(compiled.bundle, profile)
    return Network(map_of(found, named_addresses(profile)), tuple(found), tuple(proofs))
