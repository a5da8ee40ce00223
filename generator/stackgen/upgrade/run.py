"""An upgrade that is tried out: of a stack, of manifests, or of the two releases alone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from stackgen.catalog.rows import Row
from stackgen.checks.policy.profile import of_plan
from stackgen.compiler import Compiled, Inputs, compile_environment
from stackgen.errors import UsageError
from stackgen.findings.fix import fixes_of
from stackgen.findings.model import Finding, Fix
from stackgen.findings.pipeline import Options, Outcome, conclude
from stackgen.manifest.document import Source
from stackgen.manifest.resource import Bundle
from stackgen.repository import Repository, context_of
from stackgen.review.model import Review
from stackgen.review.review import review
from stackgen.review.side import of_compiled
from stackgen.spec.load import Change
from stackgen.upgrade.judge import added, beyond, concerns, rendered, settled
from stackgen.upgrade.model import Judged, Upgrade

RELEASE = ("spec", "release")


def of_releases(old: Row, new: Row, own: Repository) -> Upgrade:
    """The differences of two releases, without an input."""
    found = concerns(old, new, own.catalog, Bundle(()))
    return Upgrade("", old.key, new.key, tuple(Judged(one.change) for one in found))


def of_manifests(
    bundle: Bundle, sources: Iterable[Source], old: Row, new: Row, own: Repository,
    options: Options, today: date,
) -> Upgrade:  # fmt: skip
    """The differences that matter to manifests that anyone wrote."""
    context = context_of(own, bundle, old.key, options.profile)
    found = added(context, old, new, options.selection.wants)
    changes = settled(concerns(old, new, own.catalog, bundle), found)
    outcome = _concluded(found, options, len(bundle.objects), sources, today)
    return Upgrade("", old.key, new.key, changes, outcome)


def of_stack(
    root: str, env: str, old: Row, new: Row, inputs: Inputs, options: Options, today: date
) -> Upgrade:
    """What the upgrade does to one environment.

    What the new release renders is compared with what the old one renders. Without a rendering for
    one of them, the objects of the other are checked. Raises UsageError for a spec with errors.
    """
    wants, own = options.selection.wants, inputs.repository
    lint_only = {row.key for row in (old, new) if row.data.get("lint_only")}
    before = compile_environment(root, env, wants, today=today, inputs=inputs)
    if before.bundle is None and old.key not in lint_only:
        raise UsageError(f"the spec has errors in {env}; `stackgen build` shows them")
    bundle = before.bundle or Bundle(())
    changes = concerns(old, new, own.catalog, bundle)
    notes = [f"stacks are not rendered for {name}" for name in sorted(lint_only)]
    found: list[Finding] = []
    compared: Review | None = None
    if new.key not in lint_only:
        after = compile_environment(
            root, env, wants, today=today, inputs=inputs, profile=options.profile,
            changes=(Change(RELEASE, new.key, f"spec.release={new.key}"),),
        )  # fmt: skip
        found = beyond(before.findings, after.findings)
        if after.bundle is None:
            notes.append("objects and rollout are compared when the errors of the spec are fixed")
        elif before.bundle is not None:
            changes = rendered(changes, after.bundle)
            one, other = of_compiled(before, old.key), of_compiled(after, new.key)
            compared = review(one, other, env, schemas=own.schemas)
    elif before.plan is not None:
        profile = {**options.profile, **of_plan(before.plan, before.catalog)}
        found = added(context_of(own, bundle, old.key, profile), old, new, wants)
        notes.append("what the stack renders now was judged by the new release")
    outcome = _concluded(found, options, len(bundle.objects), before.sources, today, before)
    edits = () if new.key in lint_only else (*_release(before, old, new), *_fixes(outcome))
    return Upgrade(
        env, old.key, new.key, settled(changes, found), outcome, edits, compared, tuple(notes)
    )


def _concluded(
    found: list[Finding], options: Options, documents: int, sources: Iterable[Source], today: date,
    compiled: Compiled | None = None,
) -> Outcome:  # fmt: skip
    return conclude(
        found,
        options,
        documents=documents,
        today=today,
        sources=sources,
        complete=False,
        suppressions=compiled.suppressions if compiled is not None else (),
    )


def _release(compiled: Compiled, old: Row, new: Row) -> list[Fix]:
    """The edit of the file that names the release; none where it names this one."""
    file = compiled.loaded.node(RELEASE).source.name
    return [Fix(file, RELEASE, new.key)] if old.key != new.key else []


def _fixes(outcome: Outcome) -> list[Fix]:
    return [fix for fixes in fixes_of(outcome).values() for fix in fixes]
