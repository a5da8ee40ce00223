"""Speculative decoding: the flag of vLLM, and what a draft model takes of the memory."""

from __future__ import annotations

import json
from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.origin import Traced, computed, given_or, known, literal, picked
from stackgen.plan.dimensions import Dimensions, model_id
from stackgen.plan.engine_features import SPECULATIVE, support, values
from stackgen.plan.fit import GIB
from stackgen.record import record
from stackgen.spec.engine_features import EAGLE3
from stackgen.spec.kv_layers import KvGroup
from stackgen.spec.serving import Model

EAGLE3_VOCABULARY = 32000  # tokens of the head of published EAGLE-3 drafts


@record
class Draft:
    """flag: --speculative-config. gib: of the draft model, as loaded; None if it is not known.

    kv: its layers with a KV cache; None for none. kv_known: whether it may have others.
    sized: `gib` follows from parameters that spec or catalog say. variables: of the environment.
    """

    flag: Traced[str]
    gib: Traced[float] | None
    kv: Traced[KvGroup] | None
    kv_known: bool
    sized: bool
    variables: tuple[tuple[str, Traced[str]], ...]


def draft_of(
    model: Model, image: Traced[str], size: Dimensions, kind: str, catalog: Catalog
) -> Draft | None:
    """How tokens are proposed; None without speculative decoding."""
    asked = model.speculative
    method, tokens = known(asked.method), known(asked.tokens)
    if method is None or tokens is None:
        return None
    row = support(SPECULATIVE, image.value, kind, catalog).row
    facts = row.data["methods"][method.value]
    settings = values(row, "methods", method.value, "settings")
    flag = computed(
        "--speculative-config", "as vLLM reads it",
        lambda method, tokens, draft, *others: "--speculative-config="
        + _json(method, tokens, draft, dict(zip(settings, others, strict=True))),
        method, tokens, asked.model, *settings.values(),
    )  # fmt: skip
    own = asked.model.value is None
    variables = values(row, "methods", method.value, "variables") if own else {}
    return Draft(
        flag, _gib(model, size, method, catalog), _kv(size, method, facts["layers"]),
        facts["layers"] is not None,
        own or _params(model, catalog) is not None,
        tuple((name, picked(name, "of the method", v, method)) for name, v in variables.items()),
    )  # fmt: skip


def _json(method: str, tokens: int, draft: str | None, settings: dict[str, Any]) -> str:
    told: dict[str, Any] = {"method": method, "num_speculative_tokens": tokens, **settings}
    if draft is not None:
        told["model"], _, revision = draft.removeprefix("hf://").partition(":")
        if revision:
            told["revision"] = revision
    return json.dumps(told, separators=(",", ":"))


def _gib(
    model: Model, size: Dimensions, method: Traced[str], catalog: Catalog
) -> Traced[float] | None:
    """GiB of the draft: of its parameters, else for EAGLE-3 as large as its form makes it."""
    asked = model.speculative
    if asked.model.value is None:
        none = literal(0.0, "plan/no-draft", "no draft model is loaded")
        return picked("draft", "nothing beside the model", none, asked.model, method)
    params = _params(model, catalog)
    if params is not None:
        return computed(
            "parameters x 2 bytes / 2^30", "the draft model", lambda n, _: 2 * n / GIB,
            params, asked.model,
        )  # fmt: skip
    parts = [size.hidden, size.intermediate, size.attention_heads, size.kv_heads, size.head_dim]
    found = [part for part in parts if part is not None]
    if method.value != EAGLE3 or len(found) < len(parts):
        return None
    return computed(
        "2 bytes x (layer + fusion + head) / 2^30", "the form of an EAGLE-3 draft", eagle3_gib,
        *found, asked.params, asked.model, method,
    )  # fmt: skip


def _params(model: Model, catalog: Catalog) -> Traced[int] | None:
    """Parameters of the draft model: of the spec, else of the catalog."""
    asked = model.speculative
    row = catalog.row("companion", model_id(asked.model.value or ""))
    listed = row.get("params") if row is not None else None
    return known(asked.params) if listed is None else given_or(asked.params, listed)


def eagle3_gib(
    hidden: int, intermediate: int, heads: int, kv_heads: int, dim: int, *_: object
) -> float:
    """GiB of one layer that reads two hidden states, of what fuses three, and of its head."""
    attention = 2 * hidden * (heads + 2 * kv_heads) * dim + heads * dim * hidden
    rest = 3 * hidden * intermediate + 3 * hidden * hidden + EAGLE3_VOCABULARY * hidden
    return 2 * (attention + rest) / GIB


def _kv(size: Dimensions, method: Traced[str], count: int | None) -> Traced[KvGroup] | None:
    if not count or size.kv_heads is None or size.head_dim is None:
        return None
    return computed(
        "layers of the draft", "with heads like those of the model",
        lambda heads, dim, _: KvGroup(count, heads, dim), size.kv_heads, size.head_dim, method,
    )  # fmt: skip
