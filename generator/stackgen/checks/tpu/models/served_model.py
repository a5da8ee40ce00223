"""The model that a workload serves, and how it fits."""

from __future__ import annotations

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import Row
from stackgen.checks.tpu.accelerators.devices import Devices
from stackgen.facts.command_line import Flag
from stackgen.facts.shape import plain
from stackgen.facts.workloads import Workload
from stackgen.manifest.document import Path
from stackgen.plan.fit import FitInput
from stackgen.record import record
from stackgen.spec.kv_layers import KvGroup

# Flags with which weights or cache take another amount of memory than is computed here.
OTHER_ARITHMETIC = (
    "quantization", "kv-cache-dtype", "hf-overrides", "cpu-offload-gb", "kv-cache-memory-bytes",
)  # fmt: skip

_FOLDERS = ("gs://", "s3://", "pvc://")

UTILIZATION = "gpu-memory-utilization"


@record
class ModelOf:
    """A model of the catalog. path: where the manifest names it."""

    row: Row
    path: Path

    def integer(self, field: str) -> int:
        """A field of the row that is a whole number."""
        return int(self.row.data[field])

    @property
    def kv_groups(self) -> tuple[KvGroup, ...]:
        """The layers by how they cache; empty when all cache alike."""
        return tuple(KvGroup(**group) for group in self.row.data.get("kv_groups", ()))

    def held_bytes(self, kind: str) -> int:
        """What the weights take in the memory of a kind of accelerator, tpu or gpu."""
        on_tpu = self.row.data.get("tpu_load_bytes") if kind == "tpu" else None
        return int(on_tpu or self.row.data["load_bytes"])


def model_of(workload: Workload, catalog: Catalog) -> ModelOf | None:
    """The catalog's row of the model; None when the manifest or the catalog does not say."""
    named = _named(workload)
    if named is None or not plain(named[0]):
        return None
    row = _row(named[0], catalog)
    return ModelOf(row, named[1]) if row is not None else None


def _row(name: str, catalog: Catalog) -> Row | None:
    """The row of an id, or of a folder with the name of one model only."""
    if not name.startswith("/"):
        return catalog.model(name)
    folder = name.rstrip("/").rpartition("/")[2].lower()
    meant = [one for one in catalog.names("model") if one.rpartition("/")[2].lower() == folder]
    return catalog.model(meant[0]) if len(meant) == 1 else None


def named_at(workload: Workload) -> Path:
    """Where the manifest names the model; empty when it does not."""
    if workload.service is not None:
        return workload.service.model
    flag = _flag(workload)
    return flag.path if flag is not None else ()


def unlisted(workload: Workload, catalog: Catalog) -> str | None:
    """The id of a model that the manifest names and the catalog does not have."""
    named = _named(workload)
    if named is None or not plain(named[0]) or _row(named[0], catalog) is not None:
        return None
    # The name of a folder in a bucket does not say how large the model is.
    return None if workload.service is not None and named[0].startswith("/") else named[0]


def _flag(workload: Workload) -> Flag | None:
    server = workload.server
    return (server.line.flags.get("model") or server.line.model) if server is not None else None


def _named(workload: Workload) -> tuple[str, Path] | None:
    if workload.service is not None:
        uri = workload.resource.get(*workload.service.model)
        if isinstance(uri, str) and uri.startswith(_FOLDERS):
            return f"/{uri.partition('://')[2]}", workload.service.model
        if not isinstance(uri, str) or not uri.startswith("hf://"):
            return None
        return uri.removeprefix("hf://").partition(":")[0], workload.service.model
    flag = _flag(workload)
    return (flag.value, flag.path) if flag is not None and flag.value else None


@record
class Split:
    """How a server splits its model: devices it uses, and where that is said.

    None: not known.
    """

    tensor: int | None
    pipeline: int | None
    data: int | None

    @property
    def devices(self) -> int | None:
        """Devices in all; None when a factor is not known."""
        if self.tensor is None or self.pipeline is None or self.data is None:
            return None
        return self.tensor * self.pipeline * self.data


def split_of(workload: Workload) -> Split:
    """The parallelism on the command line of a workload's server."""
    server = workload.server
    if server is None:
        return Split(None, None, None)
    line = server.line
    tensor = line.number("tensor-parallel-size", 1, least=1)
    if "tensor-parallel-size" not in line.flags and workload.service and workload.service.splits:
        tensor = None
    return Split(
        tensor,
        line.number("pipeline-parallel-size", 1, least=1),
        line.number("data-parallel-size", 1, least=1),
    )


def fit_input(
    workload: Workload, model: ModelOf, devices: Devices, reserve: float, utilisation: float
) -> FitInput | None:
    """What the arithmetic of the fit needs, for a model without copies in one server.

    None when something is not known: quantisation, the split, usable memory, parts of the command
    line. reserve: GiB a chip that are kept back. utilisation: vLLM's default share of the memory.
    """
    server, split = workload.server, split_of(workload)
    usable = devices.row.data.get("hbm_usable_gib")
    if server is None or usable is None or not server.line.complete or not server.line.vllm:
        return None
    line = server.line
    if not split.pipeline or split.data != 1 or split.tensor is None:
        return None
    if any(name in line.flags for name in OTHER_ARITHMETIC):
        return None
    share = share_of(workload, utilisation)
    if share is None:
        return None
    chips = -(-split.tensor * split.pipeline // devices.each)
    if chips > devices.chips:
        return None
    return FitInput(
        weights_bytes=model.held_bytes(devices.row.data["kind"]),
        layers=model.integer("layers"),
        attention_heads=model.integer("attention_heads"),
        kv_heads=model.integer("kv_heads"),
        head_dim=model.integer("head_dim"),
        chips=chips,
        tensor_parallel=split.tensor,
        usable_hbm_gib_per_chip=usable,
        utilisation=share,
        reserve_gib_per_chip=reserve,
        max_model_len=line.number("max-model-len", model.integer("max_context")) or 0,
        pipeline=split.pipeline,
        lanes=devices.lanes,
        unit=devices.unit,
        kv_groups=model.kv_groups,
    )


def share_of(workload: Workload, default: float) -> float | None:
    """The share of the memory that the engine may use; None for a flag that gives no such share."""
    server = workload.server
    if server is None or UTILIZATION not in server.line.flags:
        return default
    try:
        share = float(server.line.text(UTILIZATION) or "")
    except ValueError:
        return None
    return share if 0 < share <= 1 else None
