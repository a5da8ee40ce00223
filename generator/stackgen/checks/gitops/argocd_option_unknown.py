"""A sync option or a finalizer of an Application that Argo CD does not know."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.escape import visible
from stackgen.facts.shape import as_list, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.spelling import close

# Argo CD 3.2 documentation, Sync Options, and App Deletion.
_OPTIONS = (
    "CreateNamespace", "ServerSideApply", "Validate", "Prune", "PruneLast", "Replace", "Force",
    "ApplyOutOfSyncOnly", "RespectIgnoreDifferences", "FailOnSharedResource",
    "PrunePropagationPolicy", "SkipDryRunOnMissingResource", "Delete",
    "ClientSideApplyMigration", "SkipDryRun", "ApplyOnly",
)  # fmt: skip
_FINALIZERS = (
    "resources-finalizer.argocd.argoproj.io", "post-delete-finalizer.argocd.argoproj.io",
    "pre-delete-finalizer.argocd.argoproj.io",
)  # fmt: skip
_HOSTS: tuple[tuple[str, Path], ...] = (
    ("Application", ()), ("ApplicationSet", ("spec", "template")),
)  # fmt: skip


def check(context: Context) -> Violations:
    """One finding for each option and finalizer."""
    for kind, base in _HOSTS:
        for one in context.bundle.of_kind(kind, "argoproj.io"):
            for path, value, known in _given(one, base):
                name = value.partition("=")[0].partition("/")[0]
                meant = None if name in known else close(name, known)
                if meant:
                    yield violation(
                        f'Argo CD does not know {visible(name)}; did you mean "{meant}"?',
                        Place(one, path),
                    )


def _given(one: Resource, base: Path) -> Iterator[tuple[Path, str, tuple[str, ...]]]:
    for tail, known in (
        (("spec", "syncPolicy", "syncOptions"), _OPTIONS),
        (("metadata", "finalizers"), _FINALIZERS),
    ):
        path: Path = (*base, *tail)
        for i, value in enumerate(as_list(one.get(*path))):
            yield (*path, i), text(value), known
