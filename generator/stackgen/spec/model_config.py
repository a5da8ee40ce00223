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
from stackgen.spec.model_weights import UncountedError, active_params, weights
from stackgen.spec.quantization import UNQUANTIZED, bytes_of, quantization_of

_LARGEST_FILE = 10**15  # bytes


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
    _weights(text, data, found, formulas)
    wanted = [
        "params", "activeParams", "layers", "attentionHeads", "kvHeads", "headDim", "maxContext",
        "bytesPerParameter", "vocabulary", "hidden",
        *([] if "activeParams" in found else ["intermediate"]),
    ]  # fmt: skip
    return ModelConfig(
        source, {n: found[n] for n in wanted if n in found}, formulas,
        {n: m for n, m in marks.items() if m is not None}, groups,
    )  # fmt: skip


def _weights(
    text: dict[str, Any], data: dict[str, Any], found: dict[str, float], formulas: dict[str, str]
) -> None:
    """Parameters and their bytes, as far as the file says them."""
    nominal = _nominal(data, text)
    found["bytesPerParameter"], formulas["bytesPerParameter"] = nominal
    if "headDim" not in found:
        return
    try:
        matrices = weights(data, text, int(found["headDim"]))
        quantization = quantization_of(data, text)
        size = bytes_of(matrices, quantization)
    except (UncountedError, KvLayersError):
        return
    params = sum(matrix.params for matrix in matrices)
    found["params"] = params
    formulas["params"] = "matrices of embedding, attention and feed-forward layers"
    if any(matrix.name == "visual" for matrix in matrices):
        formulas["params"] += ", and of the encoder of images"
    active = active_params(text, matrices)
    if active is not None:
        found["activeParams"] = active
        formulas["activeParams"] = "parameters - experts that a token does not use"
    if quantization is not None:
        found["bytesPerParameter"] = round(size / params, 6)
        formulas["bytesPerParameter"] = f"quantization_config: {quantization.words}"


def _nominal(data: dict[str, Any], text: dict[str, Any]) -> tuple[float, str]:
    """Bytes of a parameter as served, where it is not known how many are quantized."""
    try:
        quantization = quantization_of(data, text)
    except UncountedError:
        return UNQUANTIZED / 8, "bfloat16: the quantization_config is not understood"
    if quantization is None:
        return UNQUANTIZED / 8, "bfloat16"
    return quantization.bits / 8, f"quantization_config: {quantization.words}"


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
