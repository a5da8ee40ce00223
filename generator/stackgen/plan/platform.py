"""Who installs what: the parts of the platform that the stack renders."""

from __future__ import annotations

from operator import and_

from stackgen.origin import Traced, computed, is_value, known
from stackgen.record import record
from stackgen.spec.model import Spec


@record
class Managed:
    """Whether the stack installs each part; False for what is there already, or has no use.

    serving: the controller of the serving platform. ca_bundle: the ConfigMap that Istio's gateway
    verifies servers against, and what writes it.
    """

    cert_manager: Traced[bool]
    istio: Traced[bool]
    lws: Traced[bool]
    secret_operator: Traced[bool]
    serving: Traced[bool]
    ca_bundle: Traced[bool]


def managed(spec: Spec) -> Managed:
    """The parts of the spec's platform that the stack installs."""
    platform = spec.platform

    def decided(part: Traced[str | None]) -> Traced[bool]:
        name, why, asked = "managed", "who installs it", known(part)
        if asked is not None:
            return asked.map(name, why, lambda who: who == "managed")
        return computed(name, why, lambda who, _: who == "managed", platform.all, part)

    istio = is_value(spec.gateway.class_, "istio")

    def for_istio(part: Traced[bool]) -> Traced[bool]:
        why = "GKE's load balancers need none of it"
        return computed("and", why, and_, istio, part)

    serving = decided(platform.kserve)
    return Managed(
        decided(platform.certManager),
        for_istio(decided(platform.istio)),
        decided(platform.lws),
        decided(platform.secretOperator),
        serving,
        for_istio(serving),
    )
