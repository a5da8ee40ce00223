"""`stackgen plan`: memory fit, capacity and cost of the spec; and what if it said otherwise."""

from __future__ import annotations

import os
import sys
from datetime import date

import click

from stackgen.cli.option import one_of, option, repeated
from stackgen.cli.options import ReportOptions, resolve, run_options
from stackgen.cli.output import reasons, say
from stackgen.cli.stack_options import COLOR, DIRECTORY, ENVIRONMENTS
from stackgen.compiler import Compiled, Inputs, compile_environment, read_inputs
from stackgen.errors import UsageError
from stackgen.findings.model import Rule, Severity
from stackgen.findings.pipeline import Options, Outcome, conclude
from stackgen.findings.rules import all_rules
from stackgen.findings.suppress import ABOUT_SUPPRESSIONS
from stackgen.manifest.document import Source
from stackgen.manifest.secret_values import HIDDEN, without_secrets
from stackgen.redact import redact
from stackgen.report.plan_facts import Planned
from stackgen.report.style import style_for
from stackgen.spec.load import Change

FAMILIES = ("spec", "tpu", "catalog")


@click.command()
@ENVIRONMENTS
@repeated(
    "--what-if KEY=VALUE",
    "Compare with this value: topology=2x4, POOL.nodes.max=4, MODEL.replicas=3, "
    "location=us-east5-a, spec.PATH=VALUE. Repeatable, or separate several by commas.",
    "texts",
)
@option("--explain", "Show each formula with its inputs and sources.")
@one_of("--output-format", ("text", "html", "json", "markdown"), "Output format.")
@COLOR
@run_options
@DIRECTORY
def plan(
    envs: tuple[str, ...], texts: tuple[str, ...], explain: bool, output_format: str,
    color: str, directory: str,
) -> int:  # fmt: skip
    """Show memory fit, context length, nodes and cost of the spec, and the reasons.

    \b
    stackgen plan --env prod
    stackgen plan --what-if topology=2x4
    stackgen plan --what-if qwen2-3b-pattern1.replicas=3,tpu-v6e-pool.nodes.max=4

    Prices come from the catalog and have a date. With spec.budget, `stackgen build` compares the
    cost with a budget.
    """
    from stackgen.report import plan_diff, plan_json, plan_text, renderer
    from stackgen.spec.what_if import changes

    root, today = os.path.abspath(directory), date.today()
    options = resolve(ReportOptions(), all_rules(), root)
    style = style_for(sys.stdout, color, os.environ)
    before, after = [], []
    secret: set[str] = set()
    inputs = read_inputs(root, envs)
    for env in inputs.environments:
        compiled = _compiled(root, env, options, today, inputs)
        before.append(_planned(compiled, options, today))
        if texts:
            wanted = changes(compiled.loaded.data, texts)
            changed = _compiled(root, env, options, today, inputs, wanted)
            after.append(_planned(changed, options, today))
            secret |= {c.text for c in wanted if c.path in changed.loaded.secrets}
    pairs = list(zip(before, after, strict=True)) if texts else []
    told = [",".join(_told(part, secret) for part in text.split(",")) for text in texts]
    if output_format == "json":
        say(plan_json.render(before, pairs, told))
    elif output_format != "text":
        plain = style_for(sys.stdout, "never", os.environ)
        explained = [plan_text.explain_text(one, plain) for one in before] if explain else []
        say(renderer("plan", output_format)(before, pairs, told, explained, style))
    elif pairs:
        say("\n".join(plan_diff.text(a, b, told, style) for a, b in pairs))
    else:
        show = plan_text.explain_text if explain else plan_text.plan_text
        say("\n".join(show(one, style) for one in before))
    return 0


def _compiled(
    root: str, env: str, options: Options, today: date, inputs: Inputs,
    changed: tuple[Change, ...] = (),
) -> Compiled:  # fmt: skip
    compiled = compile_environment(root, env, _wanted, today=today, changes=changed, inputs=inputs)
    if compiled.plan is None:
        what = "what is tried out" if changed else "the spec"
        outcome = _concluded(compiled, options, today)
        shown = [x.finding for x in outcome.findings if x.suppression is None]
        reasons(f"{f.rule.id}: {f.message}" for f in shown if f.level is Severity.ERROR)
        raise UsageError(f"{what} has errors; there is no plan of {env}")
    return compiled


def _told(part: str, secret: set[str]) -> str:
    """KEY=VALUE as it was typed; secret: those of which the value is not shown."""
    if part.strip() in secret:
        return f"{part.partition('=')[0]}={HIDDEN}"
    return redact(without_secrets(part))


def _wanted(rule: Rule) -> bool:
    return rule.family in FAMILIES


def _planned(compiled: Compiled, options: Options, today: date) -> Planned:
    from stackgen.plan.estimate import estimate

    assert compiled.plan is not None
    outcome = _concluded(compiled, options, today)
    shown = [x.finding for x in outcome.findings if x.suppression is None]
    said = tuple(
        (str(f.level), f.rule.id, f.message)
        for f in shown
        if _wanted(f.rule) and f.rule.id not in ABOUT_SUPPRESSIONS
    )
    accepted = sum(x.suppression is not None and _wanted(x.finding.rule) for x in outcome.findings)
    return Planned(compiled.plan, estimate(compiled.plan, compiled.catalog), said, accepted)


def _concluded(compiled: Compiled, options: Options, today: date) -> Outcome:
    sources: dict[str, Source] = {s.name: s for s in compiled.sources}
    return conclude(
        compiled.findings, options, documents=1, today=today,
        suppressions=[s for s in compiled.suppressions if _suppresses(s.rule)],
        sources=sources.values(),
    )  # fmt: skip


def _suppresses(rule: str) -> bool:
    """Whether a suppression speaks of a family that was asked: others would count as unused."""
    known = all_rules().get(rule)
    return known is None or _wanted(known)
