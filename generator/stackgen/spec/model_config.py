"""Reading a model's size from its Hugging Face `config.json`.

Nothing is guessed: an architecture whose memory the planner's arithmetic does not describe is a
problem of the file, and a size that the file does not tell stays unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from typing import Any

from stackgen.errors import UsageError
from stackgen.manifest import json_in
from stackgen.manifest.document import Mark, Source
from stackgen.record import record
from stackgen.spec.kv_layers import LARGEST, KvGroup, KvLayersError, kv_groups

_BIASED = ("qwen2", "qwen2_moe")
_LARGEST_FILE = 10**15  # bytes
_BITS = {"fp8": 8, "mxfp4": 4, "awq": 4, "gptq": 4}


@record
class ModelConfig:
    """What a config.json says of a model's size.

    values: by the name of the spec's dimension (`layers`, `headDim`, ...). formulas: how a value
    that is no key of the file follows from it. marks: the line each value stands on. kv_groups:
    the layers by how they cache, empty when all cache alike; `kvGroups` in marks is their place.
    problem: why the file cannot be used, at `problem_mark`; then there are no values.
    """

    source: Source
    values: Mapping[str, float] = field(default_factory=dict)
    formulas: Mapping[str, str] = field(default_factory=dict)
    marks: Mapping[str, Mark] = field(default_factory=dict)
    kv_groups: tuple[KvGroup, ...] = ()
    problem: str = ""
    problem_mark: Mark | None = None


def read_config(root: str, name: str, texts: dict[str, str] | None = None) -> ModelConfig:
    """The config file `name` below `root`; what is wrong with it is in `problem`.

    texts: files that were read before, by their path; what is read is added.
    """
    from stackgen.spec.load import read_once

    try:
        text = read_once(root, name, {} if texts is None else texts)
    except UsageError as error:
        return ModelConfig(Source(name, ""), problem=str(error))
    return parse_config(Source(name, text))


def parse_config(source: Source) -> ModelConfig:
    """The sizes in the text of a config.json."""
    try:
        data = json_in.load(source.text, source.name)
    except json_in.NotJsonError as error:
        return ModelConfig(source, problem=error.problem, problem_mark=error.mark)
    if not isinstance(data, dict):
        return ModelConfig(source, problem=f"{source.name} is not a JSON object")
    if "weight_map" in data:
        return _index(source, data)
    inner = data.get("text_config")
    text = inner if isinstance(inner, dict) else data
    wrong = next((k for k in _KEYS.values() if _is_wrong(text.get(k))), None)
    if wrong is not None:
        why = f"{source.name}: {wrong} is not an integer from 1 to {LARGEST}"
        return ModelConfig(source, problem=why, problem_mark=_mark(source, wrong))
    try:
        return _sizes(source, text, data)
    except KvLayersError as error:
        why = f"{source.name} {error}"
        return ModelConfig(source, problem=why, problem_mark=_mark(source, error.key))


def _index(source: Source, data: dict[str, Any]) -> ModelConfig:
    """The size of the weights in a `model.safetensors.index.json`; it says nothing of the heads."""
    metadata = data.get("metadata")
    size: Any = metadata.get("total_size") if isinstance(metadata, dict) else None
    if (
        isinstance(size, bool)
        or not isinstance(size, int | float)
        or not 1 <= size <= _LARGEST_FILE
    ):
        why = f"{source.name}: metadata.total_size is not a number of bytes up to 10^15"
        return ModelConfig(source, problem=why, problem_mark=_mark(source, "total_size"))
    mark = _mark(source, "total_size")
    marks = {} if mark is None else {"weightBytes": mark}
    return ModelConfig(source, {"weightBytes": size}, {"weightBytes": "total_size"}, marks)


_KEYS = {
    "layers": "num_hidden_layers",
    "attentionHeads": "num_attention_heads",
    "kvHeads": "num_key_value_heads",
    "headDim": "head_dim",
    "maxContext": "max_position_embeddings",
    "hidden": "hidden_size",
    "intermediate": "intermediate_size",
    "vocabulary": "vocab_size",
}


def _sizes(source: Source, text: dict[str, Any], data: dict[str, Any]) -> ModelConfig:
    found: dict[str, float] = {n: text[k] for n, k in _KEYS.items() if text.get(k) is not None}
    marks = {n: _mark(source, _KEYS[n]) for n in found}
    formulas: dict[str, str] = {}
    heads = found.get("attentionHeads")
    if heads and "kvHeads" not in found:
        found["kvHeads"], formulas["kvHeads"] = heads, "num_attention_heads"
    if heads and "headDim" not in found and found.get("hidden", 0) >= heads:
        found["headDim"] = int(found["hidden"] // heads)
        formulas["headDim"] = "hidden_size / num_attention_heads"
    groups: tuple[KvGroup, ...] = ()
    if {"layers", "kvHeads", "headDim"} <= found.keys():
        layers, kv_heads, head_dim = (int(found[n]) for n in ("layers", "kvHeads", "headDim"))
        groups, key = kv_groups(text, layers, kv_heads, head_dim)
        marks["kvGroups"] = _mark(source, key) if groups else None
    params = _params(text, found, groups)
    if params is not None:
        found["params"] = params
        formulas["params"] = "matrices of embedding, attention and feed-forward layers"
    found["bytesPerParameter"], formulas["bytesPerParameter"] = _bytes(data)
    wanted = [
        "params", "layers", "attentionHeads", "kvHeads", "headDim", "maxContext",
        "bytesPerParameter",
    ]  # fmt: skip
    return ModelConfig(
        source, {n: found[n] for n in wanted if n in found}, formulas,
        {n: m for n, m in marks.items() if m is not None}, groups,
    )  # fmt: skip


def _params(
    text: dict[str, Any], size: Mapping[str, float], groups: tuple[KvGroup, ...]
) -> int | None:
    """Parameters of a decoder of attention and gated feed-forward layers; None for others."""
    needed = ("layers", "attentionHeads", "kvHeads", "headDim", "hidden", "vocabulary")
    if any(n not in size for n in needed):
        return None
    layers, heads, kv, dim, hidden, vocabulary = (int(size[n]) for n in needed)
    latent = any(group.latent for group in groups)
    alike = all((group.kv_heads, group.head_dim) == (kv, dim) for group in groups)
    if groups and not latent and (not alike or sum(g.layers for g in groups) != layers):
        return None
    attention = _latent(text, heads, hidden) if latent else _attention(text, heads, kv, dim, hidden)
    names = ("num_experts", "num_local_experts", "n_routed_experts")
    experts = next((text[k] for k in names if text.get(k)), None)
    width = text.get("moe_intermediate_size") if experts else size.get("intermediate")
    width = width or size.get("intermediate")
    shared, dense = text.get("n_shared_experts") or 0, text.get("first_k_dense_replace") or 0
    if type(width) is not int or _is_wrong(experts) or attention is None:
        return None
    if type(shared) is not int or not 0 <= shared <= LARGEST:
        return None
    if type(dense) is not int or not 0 <= dense <= layers:
        return None
    forward = layers * 3 * hidden * width
    if experts:
        each = 3 * hidden * width * (experts + shared) + hidden * experts
        first = dense * 3 * hidden * int(size.get("intermediate", width))
        forward = first + (layers - dense) * each
    embedding = vocabulary * hidden * (1 if text.get("tie_word_embeddings") else 2)
    return embedding + layers * (attention + 2 * hidden) + forward + hidden


def _attention(text: dict[str, Any], heads: int, kv: int, dim: int, hidden: int) -> int:
    """Parameters of the attention of a layer."""
    queries, keys = heads * dim, kv * dim
    attention = 2 * hidden * queries + 2 * hidden * keys
    if text.get("attention_bias") or text.get("model_type") in _BIASED:
        attention += queries + 2 * keys
    return attention


def _latent(text: dict[str, Any], heads: int, hidden: int) -> int | None:
    """The same of multi-head latent attention; None where a size is not told."""
    names = ("kv_lora_rank", "qk_rope_head_dim", "qk_nope_head_dim", "v_head_dim")
    if any(text.get(n) is None or _is_wrong(text[n]) for n in names):
        return None
    rank, rope, nope, value = (text[n] for n in names)
    queries = heads * (nope + rope)
    low = text.get("q_lora_rank")
    if _is_wrong(low):
        return None
    query = hidden * queries if low is None else hidden * low + low + low * queries
    keys = hidden * (rank + rope) + rank + rank * heads * (nope + value)
    return int(query + keys + heads * value * hidden)


def _bytes(data: dict[str, Any]) -> tuple[float, str]:
    """Bytes of a parameter as served, and why. TPUs compute in bfloat16."""
    quantization = data.get("quantization_config")
    if isinstance(quantization, dict):
        bits = quantization.get("bits") or _BITS.get(str(quantization.get("quant_method")))
        if isinstance(bits, int) and 0 < bits <= 64:
            return bits / 8, f"quantization_config: {bits} bits"
    return 2, "bfloat16"


def _is_wrong(value: Any) -> bool:
    return value is not None and (type(value) is not int or not 1 <= value <= LARGEST)


def _mark(source: Source, key: str) -> Mark | None:
    """Where the value of `key` stands; the last one, as an inner text_config comes last."""
    found = None
    for match in re.finditer(rf'"{re.escape(key)}"\s*:\s*([^\s,}}]+)', source.text):
        found = match
    if found is None:
        return None
    start = found.start(1)
    line = source.text.count("\n", 0, start) + 1
    column = start - (source.text.rfind("\n", 0, start) + 1) + 1
    return Mark(line, column, column + len(found[1]))
