"""One environment from its files to its findings: spec, plan, layers, bundle, checks."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from stackgen import progress
from stackgen.catalog.load import Catalog
from stackgen.checks import registry
from stackgen.checks.context import SpecContext
from stackgen.checks.spec.consequences import causes
from stackgen.errors import UsageError
from stackgen.findings.model import Finding, Place, Rule, Severity
from stackgen.findings.rules import rule_named
from stackgen.findings.suppress import Suppression
from stackgen.manifest.document import Source
from stackgen.manifest.resource import Bundle
from stackgen.plan.model import Plan
from stackgen.record import record
from stackgen.repository import Repository, context_of, open_repository
from stackgen.spec.load import Change, Loaded, Texts, learn_from, load
from stackgen.spec.model import Stack
from stackgen.spec.overlays import SPEC_FILE, check_root, has_overlay, overlay_file, overlays

if TYPE_CHECKING:
    from stackgen.layers.patches import Missed

OUT = "out"
DEFAULT_ENV = "default"
# These checks read texts, whether they are YAML or not.
_SUPPRESS = ("rule", "reason", "object", "until")  # the keys of an accepted finding
_OF_TEXTS = ("pass-yaml", "spec-credential")


@record
class Compiled:
    """What one environment came to. stack, plan, bundle: None where the step before failed.

    readable: False when a file is not YAML at all.
    """

    env: str
    loaded: Loaded
    catalog: Catalog
    findings: tuple[Finding, ...]
    stack: Stack | None = None
    plan: Plan | None = None
    bundle: Bundle | None = None
    suppressions: tuple[Suppression, ...] = ()
    readable: bool = True

    @property
    def sources(self) -> tuple[Source, ...]:
        """The texts that were read."""
        return self.loaded.sources


def environments(root: str, wanted: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The environments to build: the wanted ones, or every overlay, or one without overlays.

    Raises UsageError for an environment without an overlay, and for an unusable overlay.
    """
    check_root(root)
    return _chosen(overlays(root), wanted)


def _chosen(present: tuple[str, ...], wanted: tuple[str, ...]) -> tuple[str, ...]:
    known = present or (DEFAULT_ENV,)
    for env in wanted:
        if env not in known:
            from stackgen.spelling import did_you_mean

            hint = did_you_mean(env, known) or f"; there is {', '.join(known)}"
            more = "" if present else ", because there is no overlay overlays/NAME/stack.yaml"
            raise UsageError(f"there is no environment {env!r}{hint}{more}")
    return tuple(dict.fromkeys(wanted)) or known


def overlay_of(root: str, env: str) -> str | None:
    """The overlay file of an environment, relative to `root`; None for the default one."""
    return overlay_file(env) if has_overlay(root, env) else None


@record
class Inputs:
    """What one command reads, so that all environments that it compiles are of the same files.

    A command that compiles one environment once needs none: each file is read once then, too. A
    commit has files of its own, and so has each of two folders that are compared.

    environments: those that the command is about. texts: by their path, filled as they are read.
    overlays: the environments that have one.
    """

    environments: tuple[str, ...]
    texts: Texts
    overlays: tuple[str, ...]
    repository: Repository


def read_inputs(root: str, wanted: tuple[str, ...] = ()) -> Inputs:
    """The inputs of a command that compiles several environments, chosen as by `environments`.

    The secrets of all overlays are known before a text of one of them is shown. Raises UsageError.
    """
    check_root(root)
    present = overlays(root)
    inputs = Inputs(_chosen(present, wanted), {}, present, open_repository(root))
    for env in inputs.environments if len(inputs.environments) > 1 else ():
        if env in present:
            learn_from(root, overlay_file(env), inputs.texts)
    return inputs


def read_again(
    root: str, env: str, inputs: Inputs
) -> tuple[tuple[Source, ...], tuple[Suppression, ...]]:
    """The texts and the accepted findings of an environment that compiled with these inputs."""
    from stackgen.spec.bind import bind

    overlay = overlay_file(env) if env in inputs.overlays else None
    loaded = load(root, SPEC_FILE, overlay, (), inputs.texts)
    return loaded.sources, _suppressions(bind(loaded), loaded)


def compile_environment(
    root: str,
    env: str,
    wants: Callable[[Rule], bool] = lambda _: True,
    *,
    prove: bool = True,
    today: date | None = None,
    changes: tuple[Change, ...] = (),
    profile: Mapping[str, Any] | None = None,
    inputs: Inputs | None = None,
) -> Compiled:
    """Everything about one environment. Raises UsageError for unreadable files.

    wants: which rules on the bundle are asked for. With `prove` false the bundle is made and not
    checked (for questions about provenance). today: the day against which dates are read. changes:
    values of the spec to try out. profile: facts about the cluster that the spec does not say.
    inputs: what all environments of a command share; without it, it is read here.
    """
    if inputs is None:
        overlay, read = overlay_of(root, env), {}
        own = open_repository(root)
    else:
        overlay, read = overlay_file(env) if env in inputs.overlays else None, inputs.texts
        own = inputs.repository
    loaded = load(root, SPEC_FILE, overlay, changes, read)
    if inputs is not None and env in inputs.environments:
        progress.part(inputs.environments.index(env), len(inputs.environments), env)
    progress.step("compiling")
    # Which rows an environment uses is a fact of that environment.
    catalog, findings = own.catalog.copy(), list(own.findings)
    context = SpecContext(loaded, catalog, own.texts)
    readable = not any(problem.fatal for _, problem in loaded.problems)
    for check in registry.of_family("spec"):
        # A text that is no YAML has no fields to judge.
        if readable or check.id in _OF_TEXTS:
            findings.extend(registry.guarded(check, context))
    findings = causes(findings, loaded)
    if any(f.level is Severity.ERROR for f in findings):
        return Compiled(
            env, loaded, catalog, tuple(findings), suppressions=_accepted(loaded), readable=readable
        )
    return _compile(
        env, own, loaded, catalog, findings, wants if prove else None, today, profile or {}
    )


def _compile(
    env: str,
    own: Repository,
    loaded: Loaded,
    catalog: Catalog,
    findings: list[Finding],
    wants: Callable[[Rule], bool] | None,
    today: date | None,
    profile: Mapping[str, Any],
) -> Compiled:
    from stackgen.checks.policy.profile import of_plan
    from stackgen.layers.compile import compile_plan
    from stackgen.plan.plan import make_plan
    from stackgen.spec.bind import bind

    stack = bind(loaded)
    plan = make_plan(env, stack, catalog, loaded.configs)
    bundle, missed = compile_plan(plan)
    bundle = _rooted(bundle, f"{OUT}/{env}")
    findings.extend(_missed(one, loaded) for one in missed)
    context = context_of(
        own,
        bundle,
        stack.spec.release.value,
        {**profile, **of_plan(plan, catalog)},
        # The lock names what was rendered from, not what checks looked up.
        catalog=catalog.read_only(),
        stack=stack,
        plan=plan,
        loaded=loaded,
        today=today,
    )
    if wants is not None:
        findings.extend(registry.run(context, wants))
    return Compiled(
        env, loaded, catalog, tuple(findings), stack, plan, bundle, _suppressions(stack, loaded)
    )


def _rooted(bundle: Bundle, folder: str) -> Bundle:
    """The bundle with file names as the user sees them."""
    resources = tuple(dataclasses.replace(r, file=f"{folder}/{r.file}") for r in bundle.resources)
    absent = {f"{folder}/{file}": origin for file, origin in bundle.absent.items()}
    return Bundle(resources, absent, bundle.outside)


def _missed(missed: Missed, loaded: Loaded) -> Finding:
    node = loaded.node(missed.path)
    source = node.source
    place = Place(path=missed.path, file=source.name, text=source.text, mark=node.mark)
    return rule_named("spec-patch-target").finding(missed.message, place)


def _accepted(loaded: Loaded) -> tuple[Suppression, ...]:
    """The accepted findings of a spec with errors, as far as they can be read."""
    spec = loaded.data.get("spec") if isinstance(loaded.data, dict) else None
    entries = spec.get("suppress") if isinstance(spec, dict) else None
    found = []
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        words = [entry.get(key, "") for key in _SUPPRESS] if isinstance(entry, dict) else []
        rule, reason, about, until = words or [None] * len(_SUPPRESS)
        if rule and reason and all(isinstance(word, str) for word in words):
            node = loaded.node(("spec", "suppress", index, "rule"))
            source = node.source
            place = Place(file=source.name, text=source.text, mark=node.mark)
            found.append(Suppression(rule, reason, about, until, place))
    return tuple(found)


def _suppressions(stack: Stack, loaded: Loaded) -> tuple[Suppression, ...]:
    found = []
    for entry in stack.spec.suppress:
        path = entry.rule.origin.path
        node = loaded.node(path)
        place = Place(path=path, file=node.source.name, text=node.source.text, mark=node.mark)
        found.append(Suppression(
            entry.rule.value, entry.reason.value, entry.object.value or "",
            entry.until.value or "", place,
        ))  # fmt: skip
    return tuple(found)
