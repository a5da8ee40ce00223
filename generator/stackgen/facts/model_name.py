"""The least that a model weighs, by its name: `Qwen3-Coder-480B-A35B-Instruct-FP8`.

Published names say how many parameters a model has (480B), how many of them a token uses (A35B),
how many are effective (E2B), how many experts of which size (8x7B), and the number format (FP8).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from stackgen.regex import regex

_SIZE = regex(
    r"(?<![a-z0-9.])(?:(?P<experts>[0-9]{1,3})x)?(?P<part>[ae])?(?P<number>[0-9]{1,4}(?:\.[0-9]{1,3})?)"
    r"(?P<unit>[bt])(?![a-z0-9])"
)
_UNITS = {"b": 1e9, "t": 1e12}
# Fields of the row `model-name` of sizing.yaml, in the order of the parameters of `least_bytes`.
FIELDS = ("rounding", "experts_share", "bits", "native_bits", "large")
_LONGEST = 200  # characters of a name that are read
UNMARKED_BITS = 16


def least_bytes(
    model_id: str,
    rounding: float,
    experts_share: float,
    bits: Mapping[str, int],
    native_bits: Mapping[str, int],
    large: Mapping[str, float],
    quantization: str = "",
) -> float | None:
    """Bytes that the weights take at the least; None when the name does not say.

    rounding: share of the number in a name that the model has at the least. experts_share: of
    experts x size, because experts share the attention layers. bits: of a parameter, by the word
    in a name. native_bits: by the beginning of a name, for models that are published quantized and
    do not say so. large: `params`, from which on a model may be published in `bits` and not say so.
    quantization: value of vLLM's flag, which quantizes as it loads.
    """
    name = model_id.rpartition("/")[2].lower()[:_LONGEST]
    params = _params(name, experts_share)
    if params is None:
        return None
    words = {*re.split(r"[^a-z0-9]+", name), *re.split(r"[^a-z0-9]+", quantization.lower())}
    found = [bits[word] for word in words if word in bits]
    found += [n for start, n in native_bits.items() if name.startswith(start)]
    unmarked = large["bits"] if params >= large["params"] else UNMARKED_BITS
    return params * rounding * min(found, default=unmarked) / 8


def least_by(row: Mapping[str, Any], model_id: str, quantization: str = "") -> float | None:
    """The same by the fields of a row."""
    return least_bytes(
        model_id, row["rounding"], row["experts_share"], row["bits"], row["native_bits"],
        row["large"], quantization,
    )  # fmt: skip


def _params(name: str, experts_share: float) -> float | None:
    """Parameters in all; of several numbers the least, of active ones only without another."""
    whole: list[tuple[bool, float]] = []
    active: list[tuple[bool, float]] = []
    for match in _SIZE.finditer(name):
        count = float(match["number"]) * _UNITS[match["unit"]]
        if match["experts"]:
            count *= int(match["experts"]) * experts_share
        (active if match["part"] == "a" else whole).append((match["unit"] == "t", count))
    # Trillions beside billions count the tokens of the training.
    for counts in (whole, active):
        if counts:
            return min(counts)[1]
    return None
