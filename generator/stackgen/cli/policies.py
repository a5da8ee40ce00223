"""`stackgen policies`: the shipped policies, and putting them into force in a cluster."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from stackgen.cli.data import read_data
from stackgen.cli.option import one_of, option, repeated
from stackgen.cli.output import notes, say, write_folder
from stackgen.cli.stack_options import environment
from stackgen.errors import UsageError
from stackgen.escape import visible

if TYPE_CHECKING:
    from stackgen.enforce.export import LeftOut
    from stackgen.enforce.model import Settings

F = TypeVar("F", bound=Callable[..., Any])


def knowledge_options(function: F) -> F:
    """The options that say what policies know: from a stack, a data file, the config file."""
    for add in reversed(_KNOWLEDGE):
        function = add(function)
    return function


_KNOWLEDGE = (
    environment("Environment whose release and profile apply."),
    option("--release ROW", "Release whose presets and TLS behavior apply."),
    repeated(
        "--data FILE", "Data about the cluster, as for `lint --data`. Repeatable."
    ),
    option("-C --directory DIR", "Folder of stack.yaml and .stackgen.yaml.", default="."),
)  # fmt: skip


@click.group()
def policies() -> None:
    """List the Rego policies, or export them to a cluster."""


@policies.command("list")
@one_of("--output-format", ("text", "json"), "Output format.")
@repeated("--select POLICIES", "Only these policies.")
def list_(output_format: str, select: tuple[str, ...]) -> None:
    """List every policy: its severity, its kinds, and the engines that can enforce it."""
    from stackgen.enforce import export

    rows = export.rows(export.selected(select))
    say(export.as_json(rows) if output_format == "json" else export.text(rows))


@policies.command("export")
@click.option(
    "--format",
    "form",
    type=click.Choice(["gatekeeper", "vap"]),
    required=True,
    help="gatekeeper: ConstraintTemplates and Constraints; vap: ValidatingAdmissionPolicies.",
)
@option("--out DIR", "Folder to write to.  [default: standard output]")
@repeated("--select POLICIES", "Only these policies: ids or globs, separated by commas.")
@one_of(
    "--enforcement",
    ("deny", "warn", "dryrun"),
    "Action on an object with an error. Warnings never reject an object.",
)
@repeated(
    "--namespace NAME",
    "Apply the policies only in this namespace. Repeatable.  [default: all except those of "
    "the platform]",
    "namespaces",
)
@option("--include-owned", "Also apply the policies to objects that controllers create.")
@knowledge_options
def export(
    form: str,
    out: str,
    select: tuple[str, ...],
    enforcement: str,
    namespaces: tuple[str, ...],
    include_owned: bool,
    env: str,
    release: str,
    data: tuple[str, ...],
    directory: str,
) -> int:
    """Write the policies as objects that a cluster enforces.

    \b
    stackgen policies export --format gatekeeper --out policies-in-cluster
    stackgen policies export --format vap --enforcement dryrun | kubectl apply -f -
    """
    from stackgen.enforce import export
    from stackgen.enforce.export import export as make
    from stackgen.enforce.export import stream
    from stackgen.enforce.model import Settings

    _check_namespaces(namespaces)
    wanted = export.selected(select)
    known = _known(directory, env, release, data)
    settings = Settings(
        enforcement,  # type: ignore[arg-type]
        known["release"], known.get("servesTLS"), known["profile"], namespaces, include_owned,
    )  # fmt: skip
    made = make(wanted, form, settings)  # type: ignore[arg-type]
    if not made.objects:
        reasons = "; ".join(f"{', '.join(ids)}: {why}" for why, ids in _by_reason(made.left_out))
        raise UsageError(f"nothing to export: {reasons}")
    if out:
        _write(out, made.objects, settings, form)
    else:
        say("".join(stream(made.objects)))
    notes(f"left out: {', '.join(ids)}: {reason}" for reason, ids in _by_reason(made.left_out))
    return 0


@policies.command("facts")
@knowledge_options
def facts(env: str, release: str, data: tuple[str, ...], directory: str) -> None:
    """Print what the policies know, as a data file for conftest.

    \b
    stackgen policies facts --env prod > facts.yaml
    conftest test --policy policies --data facts.yaml out/prod
    """
    from stackgen.manifest.secret_values import to_show
    from stackgen.manifest.yaml_out import dump

    say(dump(to_show({"stackgen": _known(directory, env, release, data)})))


def _check_namespaces(namespaces: Iterable[str]) -> None:
    """UsageError for what cannot be the name of a namespace."""
    from stackgen.spec.fields import ALLOWED, DNS_LABEL, LONGEST

    for name in namespaces:
        if not re.fullmatch(DNS_LABEL, name) or len(name) > LONGEST[DNS_LABEL]:
            raise UsageError(
                f"--namespace {visible(name)}: is not a name of a namespace; it has "
                f"{ALLOWED[DNS_LABEL]}, and at most {LONGEST[DNS_LABEL]} characters"
            )


def _by_reason(left_out: Iterable[LeftOut]) -> list[tuple[str, list[str]]]:
    reasons: dict[str, list[str]] = {}
    for one in left_out:
        reasons.setdefault(one.reason, []).append(one.policy.rule.id)
    return list(reasons.items())


def _known(directory: str, env: str, release: str, data: tuple[str, ...]) -> dict[str, Any]:
    """What policies know: the release that is named, its controller's presets, the cluster."""
    from stackgen.cli.release import chosen, opened
    from stackgen.findings import config
    from stackgen.findings.rules import all_rules
    from stackgen.manifest.resource import Bundle

    root = os.path.abspath(directory)
    profile = dict(config.load(root, all_rules()).profile)
    known = read_data(data)
    own = opened(root)
    if env:
        from stackgen.checks.policy.profile import of_plan
        from stackgen.cli.provenance import compiled_for

        compiled = compiled_for(root, env)
        assert compiled.plan is not None and compiled.stack is not None
        profile |= of_plan(compiled.plan, compiled.catalog)
        release = release or compiled.stack.spec.release.value
    release = release or known.release
    prediction, row, _ = chosen(own, release, Bundle(()), "no policy is about it")
    told = prediction.policy_data(row)
    if not release:
        del told["servesTLS"]  # releases differ
    return {"release": release, **told, "profile": profile | dict(known.profile)}


def _write(
    folder: str, objects: tuple[tuple[str, dict[str, Any]], ...], settings: Settings, form: str
) -> None:
    from stackgen.enforce.export import files

    said = {"format": form, "enforcement": settings.enforcement, "profile": settings.profile}
    write_folder(folder, files(objects), said, settings.release)
    say(f"{visible(folder)}: {len(objects)} objects\n")
