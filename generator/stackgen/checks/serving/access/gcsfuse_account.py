"""A Pod with a Cloud Storage FUSE volume that runs as the default account."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.access.gcsfuse_annotation import fuse_pods
from stackgen.facts.shape import text
from stackgen.findings.model import Place, Violations, violation


def check(context: Context) -> Violations:
    """One finding for each Pod template."""
    for resource, template, i in fuse_pods(context):
        account = text(template.spec.get("serviceAccountName"))
        if account in ("", "default"):
            yield violation(
                f"volume {template.spec['volumes'][i].get('name')} is a bucket, which the Pod "
                f"reads as ServiceAccount {account or 'default'}: all Pods of the namespace "
                "without a ServiceAccount have the same permissions",
                Place(resource, (*template.spec_path, "volumes", i)),
            )
