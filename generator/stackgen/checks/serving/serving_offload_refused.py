"""KV cache offloading that the admission webhook refuses."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.view import services
from stackgen.facts.shape import as_dict
from stackgen.findings.model import Place, Violations, violation
from stackgen.platforms.kserve import webhook


def check(context: Context) -> Violations:
    """Judged where the release has the field, for `spec` and `spec.prefill`."""
    for service in services(context, "kvCacheOffloading"):
        for base, data in service.halves():
            for path, message in webhook.offloading(as_dict(data.get("kvCacheOffloading"))):
                where = (*base, "kvCacheOffloading", *path)
                yield violation(message, Place(service.resource, where, key=True))
