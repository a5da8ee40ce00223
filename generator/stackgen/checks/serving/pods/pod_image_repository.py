"""An image of a repository that the registry does not have, by the names that it gives."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.podspecs import pod_specs, value_pods
from stackgen.escape import visible
from stackgen.facts.image_reference import ImageReferenceError, image_reference
from stackgen.findings.model import Violations, violation


def check(context: Context) -> Violations:
    """One finding for each image below a path whose repositories all end in the same way."""
    catalog = context.catalog.copy()
    for pod in (*pod_specs(context), *value_pods(context)):
        for path, image in pod.images():
            try:
                name = image_reference(image).name
            except ImageReferenceError:
                continue
            row = catalog.registry(name)
            if row is None:
                continue
            above, _, repository = name.removeprefix(f"{row.key}/").rpartition("/")
            endings = row.data.get("suffixes", {}).get(above, ())
            if endings and not repository.endswith(tuple(endings)):
                shown = visible(repository)
                yield violation(
                    f"{visible(name)} is not a known repository: the names in "
                    f"{row.key}/{above} end "
                    f'in {", ".join(endings)}; did you mean "{shown}{endings[0]}"?',
                    pod.place(*path),
                )
