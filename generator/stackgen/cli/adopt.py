"""`stackgen adopt`: a stack.yaml from manifests that exist."""

from __future__ import annotations

import os
import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

import click

from stackgen.adopt.accepted import suppressions
from stackgen.adopt.compare import Result, holds_secret
from stackgen.adopt.read import name_of, release_of, servers
from stackgen.adopt.stack import Stack, adopt, suppressed
from stackgen.catalog.load import Catalog
from stackgen.checks.shard import Shard
from stackgen.cli import complete
from stackgen.cli.build import concluded
from stackgen.cli.option import option
from stackgen.cli.options import ReportOptions, kustomize_option, resolve
from stackgen.cli.output import read_notes, say
from stackgen.cli.release import check
from stackgen.compiler import environments
from stackgen.errors import UsageError
from stackgen.escape import visible
from stackgen.findings.model import Severity
from stackgen.findings.pipeline import Outcome
from stackgen.findings.rules import all_rules
from stackgen.fleet.prove import prove
from stackgen.fleet.proven import Task
from stackgen.manifest.collect import collect
from stackgen.regex import regex
from stackgen.report.style import Style
from stackgen.report.summary import summary_line
from stackgen.repository import open_repository
from stackgen.rollout.substituted import substituted
from stackgen.spec.overlays import SPEC_FILE
from stackgen.starter.write import taken, write_new
from stackgen.wording import counted

_STATES = {
    "equal": "rendered as it is",
    "adds": "rendered, with more fields",
    "differs": "differs",
    "missing": "not rendered",
}
_SHOWN = 6
_PODS = ("Deployment", "StatefulSet", "LeaderWorkerSet")
_POD = regex(r"spec\.(?:template|leaderWorkerTemplate)\b")
_SECRET = "has a secret value, which is not copied: stack.yaml is in Git. See spec.secrets"


@click.command("adopt")
@click.argument("paths", nargs=-1, metavar="PATH...", shell_complete=complete.paths)
@kustomize_option
@option(
    "--release ROW", "Release of the stack.  [default: found from the manifests]"
)  # fmt: skip
@option(
    "--name NAME", "Name of the stack.  [default: the label app.kubernetes.io/part-of, or llm]"
)  # fmt: skip
@option("-o --out DIR", "Folder of the new stack.yaml.  [default: .]", default=".")
@option("--no-patches", "Write no patches.")
def command(
    paths: tuple[str, ...], kustomize: tuple[str, ...], release: str, name: str, out: str,
    no_patches: bool,
) -> int:  # fmt: skip
    """Create the stack.yaml that renders existing manifests, and list what it does not render.

    \b
    stackgen adopt manifests/ -o my-stack
    stackgen adopt --kustomize overlays/prod

    Each object is compared with the rendered one. What the spec has no field for becomes a patch.
    The manifests are not changed.
    """
    if not paths and not kustomize:
        raise UsageError("name files or folders, - for standard input, or --kustomize DIR")
    if os.path.lexists(out) and not os.path.isdir(out):
        raise UsageError(f"{out}: is not a folder")
    collected = collect(paths, kustomize)
    read_notes(collected.notes)
    bundle = substituted(collected.bundle)
    if not bundle.objects:
        raise UsageError("there is no Kubernetes object to adopt")
    check(release, open_repository("."))
    row = release or release_of(bundle, Catalog())
    name = name or name_of(bundle) or "llm"
    if next(servers(bundle, row, Catalog()), None) is None:
        based = [one.name for one in bundle.objects if one.get("spec", "baseRefs")]
        raise UsageError(
            "the manifests have no model server: no Pod template that requests TPUs, "
            "or GPUs of one node, and runs vLLM, and no service of KServe that does so itself",
            *(
                f"Write what the config of its baseRefs says into {n}, and try again."
                for n in based
            ),
        )
    made = adopt(bundle, row, name, with_patches=not no_patches)
    there = taken(out, made.files)
    if there:
        where = (os.path.normpath(os.path.join(out, name)) for name in there)
        raise UsageError(f"{', '.join(where)}: already exists")
    write_new(out, made.files)
    built = _build(out)
    accepted = suppressions(made.results, built.shown)
    if accepted:
        made = suppressed(made, accepted)
        with open(os.path.join(out, SPEC_FILE), "wb") as file:
            file.write(made.files[SPEC_FILE])
        built = _build(out)
    say(_told(made, os.path.normpath(os.path.join(out, SPEC_FILE)), row, built, accepted))
    if collected.unreadable:
        return 2
    differs = any(r.state in ("differs", "missing") for r in made.results)
    return 1 if differs else built.exit_code


def _build(out: str) -> Outcome:
    """What `stackgen build` finds in the new stack, without writing anything."""
    options = resolve(ReportOptions(), all_rules(), out, base=out)
    task = Task(out, environments(out), options, date.today(), check=False, keep=False)
    return concluded(prove(task, 1), [], options, Shard())


def _told(
    made: Stack, file: str, row: str, built: Outcome, accepted: Sequence[Mapping[str, str]]
) -> str:
    lines = [f"{file}: a stack of release {row}", ""]
    equal = [r for r in made.results if r.state == "equal" and r.patch is None]
    for extra, state in ((False, _STATES["equal"]), (True, "kept in spec.extraObjects")):
        if number := sum(r.extra is extra for r in equal):
            lines.append(f"  {counted(number, 'object')}: {state}")
    others = [r for r in made.results if r.state != "equal" or r.patch is not None]
    lines += [f"  {line}" for result in others for line in _lines(result)]
    if made.errors:
        lines += ["Nothing is rendered yet:", *(f"  {f.message}" for f in made.errors)]
    if made.assumed:
        lines += ["", "The manifests do not say these; check them:"]
        lines += [f"  {what}" for what in made.assumed]
    if restarted := _restarted(made):
        told = f"Their Pods restart when this is applied: {', '.join(restarted)}"
        lines += ["", *textwrap.wrap(told, 80, subsequent_indent="  ", break_on_hyphens=False)]
    if accepted:
        rules = ", ".join(sorted({one["rule"] for one in accepted}))
        told = f"Suppressed in stack.yaml, as the Pods stay as they are: {rules}"
        lines += ["", *textwrap.wrap(told, 80, subsequent_indent="  ", break_on_hyphens=False)]
    if made.results:
        whole = [r for r in made.results if r.state in ("equal", "adds")]
        plain = [r for r in whole if r.patch is None]
        of = f"{len(whole)} of {counted(len(made.results), 'object')}"
        verb = "is" if len(made.results) == 1 else "are"
        fields = sum(not r.extra for r in plain)
        lines += ["", f"{of} {verb} rendered, {len(plain)} without a patch"]
        lines.append(f"  {fields} from fields of the spec, {len(plain) - fields} as extraObjects")
    if made.beside:
        kinds = Counter(r.kind for r in made.beside)
        named = ", ".join(f"{kind} ({number})" for kind, number in sorted(kinds.items()))
        lines += ["", *textwrap.wrap(f"Rendered as well: {named}", 80, subsequent_indent="  ")]
    lines += ["", f"stackgen build finds {summary_line(built, Style())}"]
    errors = [x.finding for x in built.shown if x.finding.level is Severity.ERROR]
    lines += [f"  {one.rule.id}: {one.message}" for one in errors]
    folder = os.path.dirname(file)
    first = "change stack.yaml, or suppress these errors with a reason; then " if errors else ""
    lines += ["", f"Next: {first}stackgen build{f' -C {folder}' if folder else ''}"]
    return "\n".join(map(visible, lines)) + "\n"


def _restarted(made: Stack) -> list[str]:
    """The workloads whose Pod template is not as it was."""
    found = []
    for result in made.results:
        name = f"{result.resource.kind} {result.resource.name}"
        called = any(one.startswith(f"{name}: container ") for one in made.assumed)
        if result.resource.kind in _PODS and (called or any(map(_POD.match, result.added))):
            found.append(name)
    return found


def _lines(result: Result) -> list[str]:
    resource = result.resource
    namespace = f"{resource.namespace}/" if resource.namespace else ""
    by = ", by a patch" if result.patch is not None and result.state != "missing" else ""
    lines = [f"{resource.kind} {namespace}{resource.name}: {_STATES[result.state]}{by}"]
    more = result.changed if result.state == "differs" else ()
    if result.state in ("differs", "missing") and holds_secret(resource):
        lines.append(f"  {_SECRET}")
    if result.state == "adds":
        lines += [f"  + {field}" for field in result.added]
    lines += [f"  {path}" for path in more[:_SHOWN]]
    if len(more) > _SHOWN:
        lines.append(f"  and {len(more) - _SHOWN} more")
    return lines
