"""KV cache offloading that the admission webhook refuses."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.view import services
from stackgen.checks.tpu.planned import spec_model
from stackgen.facts.shape import as_dict
from stackgen.findings.model import Place, Violations, violation
from stackgen.platforms.kserve import webhook


def check(context: Context) -> Violations:
    """Judged where the release has the field, for `spec` and `spec.prefill`.

    A `kvOffload` of the spec that is wrong itself is left to `kv-offload-refused`.
    """
    for service in services(context, "kvCacheOffloading"):
        spec = spec_model(context, service.name)
        asked = spec.kvOffload if spec is not None else None
        if asked is not None:
            memory, storage, claim = asked.memory.value, asked.storage.value, asked.claim.value
            if (storage or claim) and (memory is None or (storage and claim)):
                continue
        for base, data in service.halves():
            for path, message in webhook.offloading(as_dict(data.get("kvCacheOffloading"))):
                where = (*base, "kvCacheOffloading", *path)
                yield violation(message, Place(service.resource, where, key=True))
