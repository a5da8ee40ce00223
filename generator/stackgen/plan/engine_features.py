"""What the engine of a server can do besides serving a model, by the version in its image."""

from __future__ import annotations

from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import Row
from stackgen.facts.engines import of_image
from stackgen.origin import Traced, known
from stackgen.plan.engine_memory import numbers
from stackgen.record import record
from stackgen.spec.serving import Model

ADAPTERS, KV_OFFLOAD, SPECULATIVE = "adapters", "kv-offload", "speculative"


@record
class Support:
    """A row of features.yaml for an engine. version: of the engine in the image, "" if unknown."""

    row: Row
    engine: str
    version: str

    def has(self, since: str) -> bool | None:
        """Whether the version is `since` or a later one; None if it is not known."""
        return numbers(self.version) >= numbers(since) if self.version else None

    def without(self, other: str) -> str:
        """Why the engine has no both; "" if it may."""
        return str(self.row.data.get("without", {}).get(other, ""))


def addresses(model: Model) -> list[Traced[str]]:
    """Where the model, its adapters and its draft model are."""
    draft = known(model.speculative.model)
    adapters = [adapter.model for adapter in model.adapters]
    return [model.model, *adapters, *([] if draft is None else [draft])]


def support(feature: str, image: str, kind: str, catalog: Catalog) -> Support:
    """What is known of a feature for the engine in `image` on accelerators of `kind`."""
    engine = "vllm-tpu" if kind == "tpu" else "vllm"
    row = catalog.row("feature", f"{feature}/{engine}")
    assert row is not None
    name, version, _ = of_image(image, catalog.copy())
    shown = f"vLLM {version}{' on TPU' if kind == 'tpu' else ''}" if version else image
    return Support(row, shown, version if name.startswith("vllm") else "")


def values(row: Row, *path: str) -> dict[str, Traced[Any]]:
    """The values of an object in a row, each by its key; none where it does not exist."""
    data: Any = row.data
    for key in path:
        data = data.get(key, {})
    return {key: row.value(*path, key) for key in data}
