"""What is known of a model's size: from the spec, else its config.json, else the catalog."""

from __future__ import annotations

from operator import mul
from typing import Any

from stackgen.catalog.rows import VERIFIED, Row
from stackgen.facts.model_name import FIELDS as NAME_FIELDS
from stackgen.facts.model_name import least_bytes
from stackgen.manifest.document import Mark
from stackgen.origin import (
    Traced,
    computed,
    given_or,
    known,
    literal,
    picked,
    spec_origin,
)
from stackgen.plan.flags import typed
from stackgen.record import record
from stackgen.spec.kv_layers import KvGroup
from stackgen.spec.model_config import ModelConfig
from stackgen.spec.serving import Model

# Dimension of the spec -> field of a catalog row.
FIELDS = {
    "params": "params",
    "layers": "layers",
    "attentionHeads": "attention_heads",
    "kvHeads": "kv_heads",
    "headDim": "head_dim",
    "maxContext": "max_context",
}
_NEEDED = ("layers", "attentionHeads", "kvHeads", "headDim")
_START = Mark(1, 1, 2)


@record
class Dimensions:
    """A model's size; None for what is not known.

    file_bytes: of the weights as downloaded. weight_bytes: of the weights in the devices' memory.
    at_least: bytes that the weights take at the least, by the name of the model; None where
    `weight_bytes` is known or the name does not say.
    missing: the dimensions that the fit needs and are not known. certain: every figure is stated or
    verified, and attention is full, so that the arithmetic is no over-count. kv_groups: the layers
    by how they cache; empty when all cache alike. active_params: that one token uses, of a sparse
    model; None for a dense one. vocabulary: tokens that the model knows.
    """

    params: Traced[int] | None
    layers: Traced[int] | None
    attention_heads: Traced[int] | None
    kv_heads: Traced[int] | None
    head_dim: Traced[int] | None
    max_context: Traced[int] | None
    file_bytes: Traced[float] | None
    weight_bytes: Traced[float] | None
    at_least: Traced[float] | None
    missing: tuple[str, ...]
    certain: bool
    kv_groups: tuple[Traced[KvGroup], ...] = ()
    active_params: Traced[int] | None = None
    vocabulary: Traced[int] | None = None
    hidden: Traced[int] | None = None
    intermediate: Traced[int] | None = None


def dimensions_of(
    model: Model, row: Row | None, config: ModelConfig | None, kind: str, names: Row
) -> Dimensions:
    """The size of `model`, of which the catalog says `row` and its own config `config`.

    kind: of accelerator, tpu or gpu; a TPU may hold a checkpoint in another number format.
    names: the row of sizing.yaml about names of models.
    """
    found = {name: _find(name, model, row, config) for name in FIELDS}
    file_bytes = _bytes(model, row, config, found["params"], "load_bytes")
    on_tpu = kind == "tpu"
    held = _bytes(model, row, config, found["params"], "tpu_load_bytes") if on_tpu else None
    weights = held or file_bytes
    missing = [name for name in _NEEDED if found[name] is None]
    if weights is None:
        missing.append("params")
    if found["maxContext"] is None and known(model.maxModelLen) is None:
        missing.append("maxContext")
    marks = [row.mark(FIELDS[n]) for n in _NEEDED] if row is not None else []
    sliding = row is not None and row.get("sliding_window") is not None
    groups = _kv_groups(model, row, config)
    # A state of constant size besides the cache, and windows, are not in the arithmetic.
    unlike = any(g.value.window for g in groups) or _stateful(groups, found["layers"])
    return Dimensions(
        found["params"], found["layers"], found["attentionHeads"], found["kvHeads"],
        found["headDim"], found["maxContext"], file_bytes, weights,
        None if weights is not None else _at_least(model, names), tuple(missing),
        certain=not sliding and not unlike and all(mark == VERIFIED for mark in marks),
        kv_groups=groups,
        active_params=_active(model, row, config),
        vocabulary=_beside(model, "vocabulary", row, config),
        hidden=_beside(model, "hidden", row, config),
        intermediate=_beside(model, "intermediate", row, config),
    )  # fmt: skip


def _active(model: Model, row: Row | None, config: ModelConfig | None) -> Traced[Any] | None:
    """Parameters that a token uses: as the config says, else the catalog; the spec has no field."""
    read = _read("activeParams", model, config)
    if read is not None or (config is not None and "params" in config.values):
        return read
    listed = row.get("active_params") if row is not None else None
    if listed is None:
        return None
    return picked("active parameters", "of a sparse model", listed, model.model, model.config)


def model_id(uri: str) -> str:
    """The Hugging Face id in a model address: `hf://ORG/MODEL:REVISION` is `ORG/MODEL`."""
    return uri.partition("://")[2].partition(":")[0]


def _at_least(model: Model, names: Row) -> Traced[float] | None:
    """What the weights take at the least, by the model's name."""
    method = typed(model.args, "--quantization")
    found: Traced[float | None] = computed(
        "parameters x share x bits / 8", "what the name of the model says of its weights",
        lambda uri, *fields: least_bytes(model_id(uri), *fields), model.model,
        *(names.value(field) for field in NAME_FIELDS),
        *([] if method is None else [method]),
    )  # fmt: skip
    return known(found)


def _find(
    name: str, model: Model, row: Row | None, config: ModelConfig | None
) -> Traced[Any] | None:
    """One dimension; it also depends on the places that could have said otherwise."""
    given: Traced[Any] = getattr(model.dimensions, name)
    read = _read(name, model, config)
    if read is not None:
        return given_or(given, picked(name, "read from the model's config", read))
    listed = row.get(FIELDS[name]) if row is not None else None
    if listed is None:
        return known(given)
    why = "what the catalog says of the model"
    return given_or(given, picked(name, why, listed, model.model, model.config))


def _beside(
    model: Model, name: str, row: Row | None, config: ModelConfig | None
) -> Traced[int] | None:
    """A size that the spec has no field for."""
    read = _read(name, model, config)
    if read is not None or row is None:
        return read
    listed = row.get(name)
    why = "what the catalog says of the model"
    return None if listed is None else picked(name, why, listed, model.model, model.config)


def _kv_groups(
    model: Model, row: Row | None, config: ModelConfig | None
) -> tuple[Traced[KvGroup], ...]:
    """The layers by how they cache; none where the spec says that all are alike."""
    given = model.dimensions
    said: list[Traced[Any]] = [given.layers, given.kvHeads, given.headDim]
    if any(known(one) is not None for one in said):
        return ()
    if config is not None and "layers" in config.values:
        mark = config.marks.get("kvGroups", _START)
        origin = spec_origin(model.config.origin.path, config.source.name, mark.line, mark.column)
        return tuple(
            picked("KV layers", "read from the model's config", Traced(group, origin), *said)
            for group in config.kv_groups
        )
    if row is None:
        return ()
    why = "what the catalog says of the model"
    return tuple(
        picked(
            "KV layers", why,
            computed(
                "of the row", why, KvGroup,
                **{name: row.value("kv_groups", n, name) for name in group},
            ),
            model.model, model.config, *said,
        )
        for n, group in enumerate(row.data.get("kv_groups", ()))
    )  # fmt: skip


def _stateful(groups: tuple[Traced[KvGroup], ...], layers: Traced[int] | None) -> bool:
    """Whether some layers have no KV cache."""
    return (
        bool(groups)
        and layers is not None
        and layers.value > sum(g.value.layers for g in groups if not g.value.packed)
    )


def _read(name: str, model: Model, config: ModelConfig | None) -> Traced[Any] | None:
    """What the config says; its place is in that file, its cause the spec's `config`."""
    if config is None or name not in config.values:
        return None
    value = config.values[name]
    mark = config.marks.get(name, _START)
    path = model.config.origin.path
    origin = spec_origin(path, config.source.name, mark.line, mark.column, value)
    formula = config.formulas.get(name)
    read = Traced(value, origin)
    return picked(formula, "follows from the model's config", read) if formula else read


def _bytes(
    model: Model, row: Row | None, config: ModelConfig | None, params: Traced[Any] | None,
    field: str,
) -> Traced[float] | None:  # fmt: skip
    """Bytes of the weights: what the catalog lists, unless spec or config say otherwise."""
    given = model.dimensions
    index = _read("weightBytes", model, config)
    if index is not None and known(given.params) is None:
        return picked("total_size", "of the safetensors index", index, given.params)
    each: Traced[Any] = given.bytesPerParameter
    said = known(each) is not None or known(given.params) is not None
    read = _read("bytesPerParameter", model, config)
    if params is not None and (said or (read is not None and config and "params" in config.values)):
        two = literal(2, "plan/bytes-per-parameter", "2 bytes unless said otherwise")
        size = given_or(each, read or two)
        why = "2 bytes unless said otherwise"
        return computed("parameters x bytes of each", why, mul, params, size)
    listed = row.get(field) if row is not None else None
    if listed is None:
        return None
    why = "what the published checkpoint weighs" if field == "load_bytes" else "as the TPU holds it"
    return picked("weights", why, listed, model.model, given.params, each, model.config)
