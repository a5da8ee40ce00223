"""Who installs what: the parts of the platform that the stack renders."""

from __future__ import annotations

from stackgen.origin import Traced, computed
from stackgen.record import record
from stackgen.spec.model import Spec


@record
class Managed:
    """Whether the stack installs each part; False for what is there already, or has no use.

    ca_bundle: the ConfigMap that Istio's gateway verifies servers against, and who writes it.
    """

    cert_manager: Traced[bool]
    istio: Traced[bool]
    lws: Traced[bool]
    secret_operator: Traced[bool]
    kserve: Traced[bool]
    ca_bundle: Traced[bool]


def managed(spec: Spec) -> Managed:
    """The parts of the spec's platform that the stack installs."""
    platform = spec.platform

    def decided(part: Traced[str | None]) -> Traced[bool]:
        name, why = "managed", "who installs it"
        if part.value is not None:
            return computed(name, why, part.value == "managed", part)
        return computed(name, why, platform.all.value == "managed", platform.all, part)

    istio = spec.gateway.class_.map("is istio", "a choice of the spec", lambda v: v == "istio")

    def for_istio(part: Traced[bool]) -> Traced[bool]:
        why = "GKE's load balancers need none of it"
        return computed("and", why, istio.value and part.value, istio, part)

    kserve = decided(platform.kserve)
    return Managed(
        decided(platform.certManager),
        for_istio(decided(platform.istio)),
        decided(platform.lws),
        decided(platform.secretOperator),
        kserve,
        for_istio(kserve),
    )
