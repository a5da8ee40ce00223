"""Prefill and decode apart: the servers of each role, and the transfer of the KV cache."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import Row
from stackgen.origin import Traced, any_of, computed, given_or, is_set, literal, picked, text
from stackgen.plan.devices import Devices
from stackgen.plan.dimensions import Dimensions
from stackgen.plan.flags import typed
from stackgen.record import record
from stackgen.spec.kv_layers import KvGroup
from stackgen.spec.serving import Model
from stackgen.spec.traffic import Percentiles

if TYPE_CHECKING:
    from stackgen.plan.model import Plan

PREFILL, DECODE = "prefill", "decode"
FLAG = "--kv-transfer-config"


@record
class Transfer:
    """How a server takes part in the transfer of the KV cache.

    row: of transfer.yaml. flags: of vLLM. host: the variable for the address of the Pod. ports: by
    variable.
    """

    row: Row
    flags: tuple[Traced[str], ...]
    host: Traced[str]
    ports: Mapping[str, Traced[int]]


def has_prefill(model: Model) -> Traced[bool]:
    """Whether a model has prefill servers."""
    return any_of(is_set(model.prefill.replicas), is_set(model.prefill.autoscaling.max))


def prefill_of(model: Model) -> Model | None:
    """The prefill servers of a model, as a model of their own; None without any."""
    asked = model.prefill
    if not has_prefill(model).value:
        return None
    one = literal(1, "plan/prefill", "autoscaling sets them")
    none: Traced[Any] = literal(None, "plan/prefill", "of the decode servers alone")
    return replace(
        model,
        name=given_or(model.names.prefill, text("{}-prefill", model.name)),
        nodePool=given_or(asked.nodePool, model.nodePool),
        replicas=given_or(asked.replicas, one),
        autoscaling=asked.autoscaling,
        gpus=given_or(asked.gpus, model.gpus),
        concurrency=given_or(asked.concurrency, model.concurrency),
        args=asked.args or model.args,
        resources=asked.resources,
        template=given_or(asked.template, model.template),
        selector=asked.selector,
        traffic=replace(model.traffic, outputTokens=_first_token(model)),
        slo=replace(model.slo, tpot=_no_limits()),
        prefill=replace(asked, replicas=none, autoscaling=replace(asked.autoscaling, max=none)),
    )


def _first_token(model: Model) -> Traced[int | None]:
    """Tokens that a prefill server makes of a prompt; None where the spec says no lengths."""
    return model.traffic.outputTokens.map(
        "first token", "a prefill server reads the prompt", lambda n: None if n is None else 1
    )


def decode_of(model: Model) -> Model:
    """The servers that write answers; where they also read the prompts, the model as it is."""
    if not has_prefill(model).value:
        return model
    whole = literal(1.0, "plan/prefill", "prefill servers read the prompts")
    return replace(
        model,
        traffic=replace(model.traffic, prefixShare=whole),
        slo=replace(model.slo, ttft=_no_limits()),
    )


def _no_limits() -> Percentiles:
    none: Traced[Any] = literal(None, "plan/prefill", "a latency of the other role")
    return Percentiles(none, none, none, none)


def routed_to_prefill(plan: Plan) -> Traced[bool]:
    """Whether some paths of a model reach its prefill servers from the gateway.

    Behind a GKE class the stack renders the routes itself, to decode servers alone.
    """
    of_row = plan.release.optional("prefill", "routed")
    return computed(
        "routed", "the Service of the controller's route selects both roles",
        lambda rows, kind: any(rows) and not kind.startswith("gke-"),
        [] if of_row is None else [of_row], plan.stack.spec.gateway.class_,
    )  # fmt: skip


def every_role(models: Iterable[Model]) -> Iterator[Model]:
    """The models, each followed by its prefill servers."""
    for model in models:
        yield decode_of(model)
        half = prefill_of(model)
        if half is not None:
            yield half


def transfer_row(catalog: Catalog, kind: str, *, hybrid: bool) -> Row:
    """The row of a kind of accelerator. hybrid: layers of the model cache in different ways."""
    row = catalog.row("transfer", f"{kind}-hybrid" if hybrid else kind)
    assert row is not None
    return row


def transfer_of(
    model: Model, role: str, devices: Devices, size: Dimensions, catalog: Catalog
) -> Transfer:
    """The connector of a server of `model` with this role."""
    row = transfer_row(catalog, devices.kind, hybrid=is_hybrid(size))
    flags = [row.value("flags", i) for i in range(len(row.data["flags"]))]
    flags = [flag for flag in flags if typed_switch(model.args, flag.value) is None]
    if typed(model.args, FLAG) is None:
        given = {"kv_connector": row.value("connector"), "kv_role": row.value("roles", role)}
        if "module" in row.data:
            given["kv_connector_module_path"] = row.value("module")
        config = computed(
            FLAG, "the KV cache of a prompt goes from prefill to decode", _config,
            devices.accelerator, size.kv_groups, **given,
        )  # fmt: skip
        flags.insert(0, config)
    host = picked("variable", "what the connector announces", row.value("host"), model.nodePool)
    ports = {name: row.value("ports", name) for name in row.data["ports"]}
    return Transfer(row, tuple(flags), host, ports)


def _config(_: str, _groups: list[KvGroup], **given: str) -> str:
    return f"{FLAG}={json.dumps(given, sort_keys=True, separators=(',', ':'))}"


def typed_switch(args: Iterable[Traced[str]], name: str) -> Traced[str] | None:
    """The flag of the user that switches `--no-NAME` or `--NAME`; None for none."""
    bare = name.removeprefix("--no-").removeprefix("--")
    return next((arg for arg in args if arg.value in (f"--{bare}", f"--no-{bare}")), None)


def is_hybrid(size: Dimensions) -> bool:
    """Whether layers of a model cache in different ways, or keep a state instead."""
    groups = [group.value for group in size.kv_groups]
    if not groups:
        return False
    alike = len(groups) == 1 and not groups[0].window
    return not alike or (size.layers is not None and groups[0].layers != size.layers.value)
