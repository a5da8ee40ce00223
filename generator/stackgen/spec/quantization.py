"""How many bytes the weights of a model take, by the quantization that its `config.json` states.

Quantization converts the matrices of linear layers, but for the modules that its list names. The
scales of a group of numbers are stored beside them.

Source: quantization_config of huggingface/transformers, compressed-tensors and ModelOpt; vLLM
`model_executor/layers/quantization`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

from stackgen.record import record
from stackgen.regex import regex
from stackgen.spec.model_weights import UncountedError, Weight

UNQUANTIZED = 16.0
_BITS = {"fp8": 8, "fbgemm_fp8": 8, "mxfp4": 4, "awq": 4, "gptq": 4}
_ALGORITHMS = {"FP8": 8, "NVFP4": 4, "W4A16_AWQ": 4, "MXFP8": 8}
_IGNORED = ("ignore", "modules_to_not_convert", "ignored_layers", "exclude_modules")
_SCALE_BITS = 16
_SMALL_SCALE_BITS = 8  # of formats whose scale is itself a number of 8 bits
_ONLY_EXPERTS = ("mxfp4",)
_MOST_PATTERNS = 400_000  # names x patterns that are compared
# Where a name begins in different files; module names here have none of it.
_PREFIX = regex(r"^(?:(?:model|language_model|text_model|transformer)\.)+")


@record
class Quantization:
    """bits: of a number in a converted matrix, with its share of the scales. words: for people."""

    bits: float
    words: str
    ignored: tuple[str, ...] = ()
    only_experts: bool = False


def quantization_of(data: Mapping[str, Any], text: Mapping[str, Any]) -> Quantization | None:
    """What the file states; None where it states none. Raises UncountedError for an unknown one."""
    said = data.get("quantization_config") or text.get("quantization_config")
    if not isinstance(said, dict):
        return None
    method = str(said.get("quant_method", said.get("quant_algo", ""))).lower()
    bits, group, small = _format(said, method)
    if group:
        bits += (_SMALL_SCALE_BITS if small else _SCALE_BITS) / group
    lists = [names for key in _IGNORED if isinstance(names := said.get(key), list)]
    names = [name for one in lists for name in one if isinstance(name, str)]
    shown = f"{method or 'quantized'}: {bits:.4g} bits"
    if names:
        shown += f", without {len(names)} {'modules' if len(names) > 1 else 'module'}"
    return Quantization(bits, shown, tuple(names), method in _ONLY_EXPERTS)


def bytes_of(found: Sequence[Weight], quantization: Quantization | None) -> float:
    """Bytes of the matrices. Raises UncountedError for lists of modules that are too long."""
    if quantization is None:
        return sum(weight.params for weight in found) * UNQUANTIZED / 8
    exact, globs = _patterns(quantization.ignored)
    if len(globs) * len(found) > _MOST_PATTERNS:
        raise UncountedError("quantization_config")
    total = 0.0
    for weight in found:
        converted = weight.linear and not _ignored(weight.name, exact, globs)
        if quantization.only_experts and ".experts." not in weight.name:
            converted = False
        total += weight.params * (quantization.bits if converted else UNQUANTIZED)
    return total / 8


def _format(said: Mapping[str, Any], method: str) -> tuple[float, int, bool]:
    """Bits of a number, how many share a scale (0: very many), and whether the scale is small."""
    groups = said.get("config_groups")
    if isinstance(groups, dict) and groups:
        found = {_of_group(group) for group in groups.values()}
        if len(found) != 1:
            raise UncountedError("quantization_config")
        return found.pop()
    if "quantized_layers" in said:
        raise UncountedError("quantization_config")
    group = said.get("group_size") or said.get("q_group_size") or 0
    group = group if type(group) is int and group > 0 else 0
    algorithm = _ALGORITHMS.get(str(said.get("quant_algo")))
    if method == "mxfp4":
        return 4, 32, True
    if algorithm == 4 or method == "nvfp4":
        return 4, group or 16, True
    if method == "bitsandbytes":
        return (4, 64, False) if said.get("load_in_4bit") else (8, 0, False)
    bits = said.get("bits") or said.get("w_bit") or algorithm or _BITS.get(method)
    if type(bits) is not int or not 0 < bits <= 64:
        raise UncountedError("quantization_config")
    return bits, 0 if bits == 8 else group, False


def _of_group(group: Any) -> tuple[float, int, bool]:
    """The same of a group of compressed-tensors."""
    of = group.get("weights") if isinstance(group, dict) else None
    bits: Any = of.get("num_bits") if isinstance(of, dict) else None
    if type(bits) is not int or not 0 < bits <= 64 or not isinstance(of, dict):
        raise UncountedError("quantization_config")
    size = of.get("group_size")
    shared = size if type(size) is int and size > 0 and bits < 8 else 0
    return bits, shared, of.get("type") == "float"


# -- modules that are left out -------------------------------------------------------------------


def _patterns(names: Sequence[str]) -> tuple[set[str], list[tuple[str, ...]]]:
    """Plain names, and patterns as the texts between their gaps."""
    exact: set[str] = set()
    globs: list[tuple[str, ...]] = []
    for name in names:
        for text in _expanded(name):
            bare = _PREFIX.sub("", text)
            if "*" in bare:
                globs.append(tuple(bare.split("*")))
            else:
                exact.add(bare)
    return exact, globs


def _expanded(name: str) -> list[str]:
    """A name with `*` for gaps, of a pattern or a simple regular expression.

    Regular expressions of a file are not run: a file could hold one that never ends.
    """
    if not name.startswith("re:"):
        return [name]
    text = name[3:].strip("^").replace("\\.", "\0")
    open_end = not text.endswith("$")
    text = re.sub(r"\.\*|\\d\+|\[0-9\]\+", "*", text.rstrip("$"))
    parts = [p.strip("()").split("|") for p in re.split(r"(\([^()]*\))", text)]
    if len(parts) > 9 or any(set("[]()?+{}\\") & set(option) for p in parts for option in p):
        raise UncountedError("quantization_config")
    end = "*" if open_end else ""
    return ["".join(option).replace("\0", ".") + end for option in product(*parts)][:64]


def _ignored(name: str, exact: set[str], globs: Sequence[tuple[str, ...]]) -> bool:
    parts = name.split(".")
    spans = (
        ".".join(parts[start:end])
        for start in range(len(parts))
        for end in range(start + 1, len(parts) + 1)
    )
    return any(span in exact for span in spans) or any(_fits(name, glob) for glob in globs)


def _fits(name: str, glob: tuple[str, ...]) -> bool:
    """Whether the texts of a pattern are in a name, one after the other, from start to end."""
    first, *middle, last = glob
    if not name.startswith(first) or not name.endswith(last):
        return False
    at = len(first)
    for text in middle:
        at = name.find(text, at)
        if at < 0:
            return False
        at += len(text)
    return at <= len(name) - len(last)
