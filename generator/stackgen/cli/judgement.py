"""By what `stackgen build` judges one environment, for `stackgen lint --env`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any

from stackgen.checks.context import identity
from stackgen.errors import UsageError
from stackgen.findings.suppress import Suppression
from stackgen.manifest.document import Source
from stackgen.manifest.resource import Bundle, Resource
from stackgen.record import record


@record
class Judgement:
    """The release row, the profile of the policies, and the suppressions of the spec.

    rendered: what stack.yaml renders, by its file relative to `root`. sources: the files of the
    spec.
    """

    release: str = ""
    profile: Mapping[str, Any] = field(default_factory=dict)
    accepted: tuple[Suppression, ...] = ()
    sources: tuple[Source, ...] = ()
    root: str = ""
    rendered: Mapping[str, Resource] = field(default_factory=dict)

    def as_rendered(self, bundle: Bundle) -> Bundle:
        """The bundle in which each object that is exactly as rendered knows its origin.

        Rules and suppressions then see the line of stack.yaml, as in `stackgen build`.
        """
        if not self.rendered:
            return bundle
        return replace(bundle, resources=tuple(map(self._known, bundle.resources)))

    def _known(self, resource: Resource) -> Resource:
        file = os.path.relpath(os.path.abspath(resource.file), self.root)
        mine = self.rendered.get(file)
        if mine is None or identity(mine) != identity(resource) or mine.data != resource.data:
            return resource
        return replace(mine, file=resource.file)


def judgement(directory: str, env: str) -> Judgement:
    """The judgement of an environment of the stack in `directory`.

    Raises UsageError for errors of the spec.
    """
    from stackgen.checks.policy.profile import of_plan
    from stackgen.compiler import compile_environment, environments

    root = os.path.abspath(directory)
    environments(root, (env,))
    compiled = compile_environment(root, env, prove=False)
    if compiled.stack is None or compiled.plan is None or compiled.bundle is None:
        raise UsageError("the spec has errors; `stackgen build` shows them")
    return Judgement(
        compiled.stack.spec.release.value,
        of_plan(compiled.plan, compiled.catalog),
        compiled.suppressions,
        compiled.sources,
        root,
        {resource.file: resource for resource in compiled.bundle.objects},
    )
