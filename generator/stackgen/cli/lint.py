"""`stackgen lint`: the checks on manifests that anyone wrote."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date

import click

from stackgen.checks.context import identity
from stackgen.checks.gitops import (
    commands_missing,
    missing_files,
    script_buckets,
    script_copies,
    script_files,
    terraform_files,
)
from stackgen.checks.gitops.patched_sets import patched_sets
from stackgen.checks.policy import script_secrets
from stackgen.checks.schema import guided, local_charts, yaml_problems
from stackgen.checks.shard import Shard
from stackgen.cli import complete
from stackgen.cli.data import read_data
from stackgen.cli.deliverers import deliverers
from stackgen.cli.judgement import Judgement, judgement
from stackgen.cli.option import option, repeated
from stackgen.cli.options import (
    JOBS,
    SHARD,
    ReportOptions,
    kustomize_option,
    report_options,
    resolve,
    run_options,
)
from stackgen.cli.output import deliver, details, read_notes
from stackgen.cli.release import check as check_release
from stackgen.cli.release import settled
from stackgen.cli.stack_options import DIRECTORY
from stackgen.cli.watch import WATCH
from stackgen.errors import UsageError
from stackgen.facts.chart_values import judging
from stackgen.findings.model import Located
from stackgen.findings.pipeline import conclude
from stackgen.findings.rules import all_rules
from stackgen.fleet.objects import Task
from stackgen.fleet.objects import check as checked
from stackgen.machines.documented import documented
from stackgen.machines.made import made_by
from stackgen.machines.terraform_objects import found_in
from stackgen.manifest.collect import Collected, collect
from stackgen.manifest.environments import deployed
from stackgen.manifest.excluded import Excluded
from stackgen.manifest.resource import Bundle
from stackgen.repository import context_of, open_repository
from stackgen.rollout.substituted import substituted
from stackgen.schema.delivered import delivered

UNREADABLE = 2


@click.command()
@click.argument("paths", nargs=-1, metavar="PATH...|-", shell_complete=complete.paths)
@kustomize_option
@repeated("--helm CHART", "Chart to render with helm. Repeatable.", "charts")
@repeated(
    "--values FILE",
    "Values file for --helm. Its keys are compared with those that the chart reads. Repeatable.",
)
@option(
    "--env ENV",
    "Use the release, policies and suppressions of this environment of stack.yaml, as "
    "`stackgen build` does.",
)
@option(
    "--release ROW",
    "Release whose APIs and controllers apply, such as odh-3.5.  [default: the newest that fits]",
)
@option(
    "--upgrade-to ROW",
    "Report only what an upgrade to this release breaks or changes.",
)
@repeated(
    "--schemas DIR", "Folder with additional schemas (see `stackgen schemas import`). Repeatable."
)
@repeated("--policy DIR", "Folder with additional Rego policies. Repeatable.", "policies")
@repeated(
    "--data FILE",
    "Data about the cluster for policies, in the form of `conftest --data`. Repeatable.",
)
@repeated("--previous PATH", "Previous manifests, for the check of immutable fields. Repeatable.")
@option(
    "--complete",
    "The input is the whole cluster: a reference to an object that is not in it is an error.",
)
@repeated(
    "--exclude PATTERN",
    "Exclude matching files below the named folders, in the syntax of .gitignore, in "
    "addition to `exclude` of .stackgen.yaml. Repeatable.",
)
@click.option(
    "--respect-gitignore/--no-respect-gitignore",
    "gitignore",
    default=None,
    help="Exclude what .gitignore files exclude.  [default: respect]",
)
@WATCH
@SHARD
@JOBS
@DIRECTORY
@run_options
@report_options
def lint(
    paths: tuple[str, ...],
    kustomize: tuple[str, ...],
    charts: tuple[str, ...],
    values: tuple[str, ...],
    env: str,
    release: str,
    upgrade_to: str,
    schemas: tuple[str, ...],
    policies: tuple[str, ...],
    data: tuple[str, ...],
    previous: tuple[str, ...],
    complete: bool,
    exclude: tuple[str, ...],
    gitignore: bool | None,
    shard: Shard,
    jobs: int,
    directory: str,
    report: ReportOptions,
) -> int:
    """Lint Kubernetes manifests: files, folders, quoted globs, or - for standard input.

    Manifests get the same checks as rendered files: schemas, the validation of the API server, the
    behavior of controllers, security policies. The input is YAML or JSON, with single objects,
    streams or lists. --kustomize and --helm render first. Your own catalog rows, schemas and
    policies next to stack.yaml apply as in `stackgen build`.

    \b
    stackgen lint manifests/ 'apps/**/*.yaml'
    stackgen lint --kustomize overlays/prod
    stackgen lint --env prod out/prod
    stackgen lint --release kserve-0.20 --upgrade-to kserve-0.21 manifests/
    stackgen lint --helm ./chart --values prod.yaml
    kubectl get deploy,svc -o json | stackgen lint -
    """
    if not paths and not kustomize and not charts:
        raise UsageError(
            "name files or folders, - for standard input, --kustomize DIR or --helm CHART"
        )
    if values and not charts:
        raise UsageError("--values is for a chart: name it with --helm CHART")
    if upgrade_to and not shard.is_whole:
        raise UsageError("--upgrade-to compares two releases as a whole; leave out --shard")
    options = resolve(report, all_rules(), directory, "production" if env else "default")
    excluded = _excluded(options.excluded, exclude, gitignore)
    own = open_repository(directory)
    known = read_data(data)
    stack = judgement(directory, env) if env else Judgement()
    if env and (release or known.release):
        raise UsageError("--env names the release of stack.yaml; leave out --release")
    release = release or known.release or stack.release
    check_release(release, own)
    check_release(upgrade_to, own)
    collected = collect(paths, kustomize, charts, values, excluded, deliverers)
    bundle = stack.as_rendered(collected.bundle)
    settings = tuple(collected.settings)
    declared = found_in(collected.scripts)
    made = (*bundle.outside, *made_by(collected.scripts), *documented(collected.commands))
    resources = (*bundle.resources, *declared.judged)
    bundle = replace(
        bundle, resources=resources, outside=(*made, *declared.counted), settings=settings
    )
    release, remark = settled(own, release, bundle, paths)
    findings = [
        *own.findings,
        *yaml_problems.findings(collected.problems),
        *missing_files.findings(bundle, collected.scripts, paths),
        *commands_missing.findings(bundle, collected.commands, paths),
        *local_charts.findings(bundle, paths),
        *terraform_files.findings(collected.scripts),
        *script_buckets.findings(bundle, collected.scripts),
        *script_files.findings([*collected.scripts, *collected.removing]),
        *script_copies.findings([*collected.scripts, *collected.commands]),
        *script_secrets.findings([*collected.scripts, *collected.removing]),
    ]
    earlier = collect(previous, excluded=excluded)
    before = {identity(r): r.data for r in earlier.bundle.objects}
    context = context_of(
        own,
        bundle,
        release,
        {**options.profile, **stack.profile, **known.profile},
        schemas=schemas,
        policies=policies,
        data=known.others,
        previous=before,
        complete=complete,
        shard=shard,
    )
    findings.extend(guided.findings(context, collected.guided))
    located: list[Located] = []
    if upgrade_to:
        from stackgen.cli.upgrade import upgrade_findings

        findings.extend(upgrade_findings(context, own, upgrade_to, options.selection.wants))
    else:
        texts = (*collected.sources, *own.texts, *stack.sources)
        apart = shard.is_whole and not env
        located = _located(Task(context, options, texts), collected, jobs or 1, apart=apart)
    documents = len(shard.part((*collected.bundle.objects, *bundle.outside))) + (
        1 if collected.unreadable else 0
    )
    outcome = conclude(
        findings, options, documents=documents, today=date.today(),
        suppressions=stack.accepted, sources=(*collected.sources, *own.texts, *stack.sources),
        # What the stack accepts need not be in the linted part, or be of the upgrade.
        complete=not env and not upgrade_to and shard.is_whole,
        located=located,
        shared=bool(collected.bundle.objects) and not shard.is_whole,
    )  # fmt: skip
    code = deliver(outcome, report)
    details(f"read {source.name}" for source in collected.sources)
    details(judging(collected.bundle))
    details(f"left out {name}, by {why}" for name, why in collected.excluded)
    read_notes([*collected.notes, *([remark] if remark else [])])
    return UNREADABLE if collected.unreadable else code


def _located(task: Task, collected: Collected, jobs: int, *, apart: bool) -> list[Located]:
    """What is found in the input. apart: each of its environments is checked alone."""
    bundle = task.context.bundle
    parts = delivered(bundle) if apart else [bundle]
    if len(parts) > 1:
        collected.notes.append(f"{len(parts)} environments share names: each is judged alone")
    alone = (replace(task.context, bundle=part, kept={}) for part in parts)
    sets = [each for context in alone for each in patched_sets(context)] if apart else parts
    found = []
    for part in map(substituted, sets):
        own = replace(task.context, bundle=part, kept={}) if part is not bundle else task.context
        found.append(checked(replace(task, context=own), jobs))
    return _united(found, sets, _shared(collected, bundle, sets))


def _shared(collected: Collected, bundle: Bundle, parts: list[Bundle]) -> set[str]:
    """The scripts, and the files that no kustomization and no delivery has.

    A folder without a kustomization is not shared if it is an environment of its own.
    """
    scripts = {source.name for source in collected.scripts}
    files = {r.file for r in bundle.resources}
    indexed = {os.path.dirname(r.file) for r in bundle.resources if r.index}
    some = {file for part in parts for file in files - {r.file for r in part.resources}}
    own = {file for file in some if os.path.dirname(file) not in indexed}
    return (scripts | (files - set().union(*deployed(bundle)))) - own


def _united(found: list[list[Located]], parts: list[Bundle], shared: set[str]) -> list[Located]:
    """The findings of all environments: what is wrong with a base once, and not for each.

    shared: scripts, and files of no environment. What they say is wrong if it is in each. A
    selector selects nothing if it does so in each environment that has it. An environment does not
    count beside one that has all of its objects and more.
    """
    facts = [{_fact(one) for one in part} for part in found]
    files = [{resource.file for resource in part.resources} for part in parts]
    objects = [{(one.kind, one.name) for one in part.objects} for part in parts]
    every = set().union(*files)
    united: dict[tuple[object, ...], list[Located]] = {}
    for i, part in enumerate(found):
        new: dict[tuple[object, ...], list[Located]] = {}
        for one in part:
            file = one.primary.file if one.primary is not None else ""
            if file in every and file not in files[i]:
                continue  # a script whose objects are of another environment
            selects = one.finding.rule.id.endswith("-selects-nothing")
            having = [
                there
                for there, own, names in zip(facts, files, objects, strict=True)
                if (file in shared or (selects and file in own)) and not names < objects[i]
            ]
            if all(_fact(one) in there for there in having):
                new.setdefault(_fact(one), []).append(one)
        united = new | united
    return [one for some in united.values() for one in some]


def _fact(located: Located) -> tuple[object, ...]:
    """What a finding is about: the rule and the place, without the words for an environment."""
    at = located.primary
    return (
        located.finding.rule.id,
        *((at.file, at.line, at.column) if at else (located.fingerprint,)),
    )


def _excluded(settled: Excluded, exclude: tuple[str, ...], gitignore: bool | None) -> Excluded:
    """What is left out: by the config, and by the command line, whose patterns are of here."""
    given = (("--exclude", "", exclude),) if exclude else ()
    git = settled.git if gitignore is None else gitignore
    return Excluded((*settled.patterns, *given), git)
