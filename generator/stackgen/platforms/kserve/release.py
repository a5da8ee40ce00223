"""What a release of the LLMInferenceService controller does, read from its catalog rows."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import Row
from stackgen.platforms.kserve.condensed import whole_presets
from stackgen.platforms.kserve.names import CONFIG_KIND, KIND
from stackgen.record import record

GROUP = "serving.kserve.io"
V1_POOLS = "inference.networking.k8s.io"
OLD_POOLS = "inference.networking.x-k8s.io"


class StopError(ValueError):
    """The controller stops here; the message says why."""


@record
class Controller:
    """One release. The fields are those of `controller` in its row; presets: what it puts
    under a service.

    rank: newer is greater. tls: always, or the default of enableLLMInferenceServiceTLS.
    pools: version by API group of the InferencePools it makes. ca_in_gateway: the file inside the
    gateway Pod by which its DestinationRule verifies servers. ca_mounted_by: who mounts it there.
    kv_transfer: whether the presets connect the KV caches of prefill and decode. keeps_accounts:
    Pods use the account that they name; else an account with its Secrets. initializer_override: the
    user's own storage-initializer is merged into the controller's. expires: the annotation of the
    Secret that says when its certificate ends. pool_names_picker: the pool's own spec names the
    picker's Service. pool_ref_group: where a pool by reference is looked up. picker_annotations: of
    the picker's pods. shadow_component: the label of shadow_rule.
    s3_endpoint_key: the entry of a Secret that has precedence as the address of S3, "" for none.
    download_env: variables of the download, by scheme; with _needs_account only where the
    account of the Pod exists. modelcar: its commands. picker_rules: of the
    endpoint picker's Role. picker_config: its configuration, `single` and `split`.
    storage_initializer: what the installation's ConfigMap says of downloads and modelcars.
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
    ca_in_gateway: str
    ca_mounted_by: Literal["stack", "unknown"]
    kv_transfer: Literal["absent", "unknown"]
    keeps_accounts: bool
    initializer_override: bool
    expires: str
    pool_names_picker: bool
    pool_ref_group: str
    picker_annotations: Mapping[str, str]
    shadow_component: str
    s3_endpoint_key: str
    download_env: Mapping[str, Mapping[str, str]]
    download_env_needs_account: bool
    modelcar: Mapping[str, str]
    picker_rules: tuple[Mapping[str, Any], ...]
    picker_config: Mapping[str, str]
    storage_initializer: Mapping[str, Any]

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
    return row.once(_of_row)


def _of_row(row: Row) -> Controller | None:
    data = row.data.get("controller")
    if data is None:
        return None
    namespace, _, gateway = str(data["gateway"]).partition("/")
    return Controller(
        **{
            **data,
            "name": row.key,
            "api_versions": tuple(data["api_versions"]),
            "presets": whole_presets(data["presets"]),
            "gateway": (namespace, gateway),
            "fields": frozenset(data["fields"]),
            "picker_rules": tuple(data["picker_rules"]),
        }
    )


def behaves_alike(one: Controller, other: Controller) -> bool:
    """Whether two releases differ in name and age alone, as a copy of a row does."""
    return dataclasses.replace(one, name=other.name, rank=other.rank) == other


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
    if group == GROUP and kind in (KIND, CONFIG_KIND):
        return version in controller.api_versions
    if group == OLD_POOLS and kind == "InferenceModel":
        return controller.inference_model
    return True
