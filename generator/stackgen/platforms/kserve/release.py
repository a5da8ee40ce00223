"""What a release of the LLMInferenceService controller does, read from its catalogue rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import Row
from stackgen.record import record

GROUP = "serving.kserve.io"
V1_POOLS = "inference.networking.k8s.io"
OLD_POOLS = "inference.networking.x-k8s.io"


@record
class Controller:
    """One release. The fields are those of `controller` in its row; presets: its preset file.

    rank: newer is greater. tls: always, or the default of enableLLMInferenceServiceTLS.
    pools: version by API group of the InferencePools it makes.
    """

    name: str
    rank: int
    api_versions: tuple[str, ...]
    presets: Mapping[str, Any]
    namespace: str
    gateway: tuple[str, str]
    tls: Literal["always", "on", "off"]
    args: Literal["script", "flags"]
    single_host_tensor: bool
    destination_rules: bool
    shadow_rule: str
    scheduler_loses_containers: bool
    writes_empty_gateway_namespace: bool
    strict_parents: bool
    pools: Mapping[str, str]
    route_pool_group: str
    inference_model: bool
    ca_key: str
    fields: frozenset[str]
    source: str
    as_of: str

    @property
    def serves_tls(self) -> bool:
        """Servers, probes and scheduler speak TLS unless the installation says otherwise."""
        return self.tls != "off"

    @property
    def scheme(self) -> str:
        return "HTTPS" if self.serves_tls else "HTTP"


def controller(catalog: Catalog, name: str) -> Controller | None:
    """The controller of a release row; None when there is no such row, or it does not say."""
    row = catalog.row("release", name)
    return of_row(row) if row else None


def of_row(row: Row) -> Controller | None:
    """The controller that a release row tells of; None when it does not."""
    data = row.data.get("controller")
    presets = Catalog().presets(str(data["presets"])) if isinstance(data, Mapping) else None
    if data is None or presets is None:
        return None
    namespace, _, gateway = str(data["gateway"]).partition("/")
    return Controller(
        name=row.key,
        rank=data["rank"],
        api_versions=tuple(data["api_versions"]),
        presets=presets.data,
        namespace=data["namespace"],
        gateway=(namespace, gateway),
        tls=data["tls"],
        args=data["args"],
        single_host_tensor=data["single_host_tensor"],
        destination_rules=data["destination_rules"],
        shadow_rule=data["shadow_rule"],
        scheduler_loses_containers=data["scheduler_loses_containers"],
        writes_empty_gateway_namespace=data["writes_empty_gateway_namespace"],
        strict_parents=data["strict_parents"],
        pools=data["pools"],
        route_pool_group=data["route_pool_group"],
        inference_model=data["inference_model"],
        ca_key=data["ca_key"],
        fields=frozenset(data["fields"]),
        source=row.source,
        as_of=row.as_of,
    )


def controllers(catalog: Catalog) -> tuple[Controller, ...]:
    """Every release whose controller is known, the newest first."""
    found = (controller(catalog, name) for name in catalog.names("release"))
    return tuple(sorted((c for c in found if c is not None), key=lambda c: -c.rank))


def fitting(
    known: Iterable[Controller], kinds: Iterable[tuple[str, str, str]]
) -> tuple[Controller, ...]:
    """Those of `known` that serve every (group, version, kind) which is theirs to serve."""
    wanted = set(kinds)
    return tuple(c for c in known if all(_serves(c, *kind) for kind in wanted))


def meant(
    catalog: Catalog, name: str, kinds: Iterable[tuple[str, str, str]]
) -> tuple[Controller, ...]:
    """The one called `name`; else those that serve every kind (or all of them), newest first."""
    named = controller(catalog, name) if name else None
    if named is not None:
        return (named,)
    known = controllers(catalog)
    return fitting(known, kinds) or known


def _serves(controller: Controller, group: str, version: str, kind: str) -> bool:
    if group == GROUP and kind in ("LLMInferenceService", "LLMInferenceServiceConfig"):
        return version in controller.api_versions
    if group == OLD_POOLS and kind == "InferenceModel":
        return controller.inference_model
    return True
