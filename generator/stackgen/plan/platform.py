"""Who installs what: the parts of the platform that the stack renders."""

from __future__ import annotations

from collections.abc import Sequence
from operator import and_

from stackgen.origin import ALL, Traced, all_of, any_of, computed, is_value, known
from stackgen.plan.access import by_kuadrant, by_rate_service
from stackgen.plan.autoscaling import is_scaled
from stackgen.plan.listeners import own_certificate
from stackgen.plan.prefill import every_role
from stackgen.record import record
from stackgen.spec.model import Spec


@record
class Managed:
    """Whether the stack installs each part; False for what already exists, or has no use.

    serving: the controller of the serving platform, or its definitions where it has none.
    ca_bundle: the ConfigMap that Istio's gateway verifies servers against, and what writes it.
    """

    cert_manager: Traced[bool]
    istio: Traced[bool]
    envoy: Traced[bool]
    lws: Traced[bool]
    keda: Traced[bool]
    kuadrant: Traced[bool]
    redis: Traced[bool]
    secret_operator: Traced[bool]
    serving: Traced[bool]
    ca_bundle: Traced[bool]


def managed(spec: Spec, on_demand: Traced[bool] | None, hosts: Sequence[Traced[int]]) -> Managed:
    """The parts of the spec's platform that the stack installs.

    on_demand: whether the release uses cert-manager and LeaderWorkerSets for nothing of its own, so
    that each is installed only where this stack has a use for it; None where it does not say.
    hosts: of one server of each model.
    """
    platform = spec.platform

    def decided(part: Traced[str | None]) -> Traced[bool]:
        name, why, asked = "managed", "who installs it", known(part)
        if asked is not None:
            return asked.map(name, why, lambda who: who == "managed")
        return computed(name, why, lambda who, _: who == "managed", platform.all, part)

    istio = is_value(spec.gateway.class_, "istio")

    def for_istio(part: Traced[bool]) -> Traced[bool]:
        why = "GKE's load balancers need none of it"
        return computed(ALL, why, and_, istio, part)

    def where_used(part: Traced[bool], why: str, uses: Sequence[Traced[bool]]) -> Traced[bool]:
        if on_demand is None:
            return part
        return computed(
            "is used", why,
            lambda part, on_demand, uses: part and (not on_demand or any(uses)),
            part, on_demand, list(uses),
        )  # fmt: skip

    envoy = all_of(is_value(spec.gateway.class_, "envoy"), decided(platform.envoyGateway))
    certificates = [envoy, *(own_certificate(one) for one in spec.gateway.listeners)]
    several = [n.map("several hosts", "follows from the topology", lambda n: n > 1) for n in hosts]
    scaled = any_of(*(is_scaled(one) for one in every_role(spec.serving.models)))
    serving = decided(platform.kserve)
    return Managed(
        where_used(
            decided(platform.certManager), "for listeners and Envoy AI Gateway", certificates
        ),
        for_istio(decided(platform.istio)),
        envoy,
        where_used(decided(platform.lws), "it makes groups of hosts", several),
        all_of(decided(platform.keda), scaled),
        all_of(decided(platform.kuadrant), by_kuadrant(spec)),
        all_of(decided(platform.redis), by_rate_service(spec)),
        decided(platform.secretOperator),
        serving,
        for_istio(serving),
    )
