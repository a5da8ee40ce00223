"""More devices than the slice has."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.tpu.accelerators.devices import counted_devices, gpus
from stackgen.checks.tpu.models.served_model import split_of
from stackgen.checks.tpu.view import View, view
from stackgen.facts.command_line import CommandLine
from stackgen.facts.workloads import GPU, Workload
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.wording import counted

_BACKEND = "distributed-executor-backend"  # Ray and others place ranks on GPUs of other Pods
_TENSOR = ("tensor-parallel-size", "tp-size", "tp")
_STAGES = ("pipeline-parallel-size", "pp-size", "pp")


def check(context: Context) -> Violations:
    """One finding for each server that asks for too many."""
    seen = view(context)
    yield from _sglang(seen)
    for workload in seen.servers:
        (devices, count), server = counted_devices(seen, workload), workload.server
        yield from _of_field(workload)
        if server is None or count is None:
            continue
        split, on_gpus = split_of(workload), devices is None or devices.unit == "GPU"
        used = split.devices or split.tensor
        # The Pods of a Job may be servers of their own; those of other groups are one server.
        apart = workload.grouped and workload.resource.kind != "LeaderWorkerSet"
        if used is None or used <= count or (on_gpus and apart):
            continue
        # stackgen and charts set the tensor size themselves, so another was more likely added.
        sizes = {"pipeline": split.pipeline, "data": split.data} if split.devices else {}
        added = (f"{n}-parallel-size" for n, size in sizes.items() if size and size > 1)
        flags = server.line.flags
        name = next((one for one in (*added, "tensor-parallel-size") if one in flags), "")
        has = f"its Pods request {counted(count, 'GPU')}"
        if devices is not None and not on_gpus:
            has = f"{devices.where} has {count}"
        of_flags = f"Remove `--{name}` from `args`, or use" if name else "Use"
        backend = flags[_BACKEND].value if _BACKEND in flags else ""
        alone = on_gpus and not workload.grouped and backend in ("", "mp", "uni")
        yield violation(
            f"{workload.display_name} spreads the model over {used} devices; {has}",
            Place(workload.resource, flags[name].path if name else server.line.path),
            severity=Severity.ERROR if alone else None,
            remedy=f"{of_flags} a larger `topology` or more `gpus`." if seen.context.stack else "",
        )


def _sglang(seen: View) -> Violations:
    """The same for servers of SGLang, each on the GPUs of its own container."""
    for workload in seen.workloads:
        for container in workload.containers:
            line = container.line
            if line.engine != "sglang" or not container.amount_path(GPU):
                continue
            tensor, stages = _first(line, _TENSOR), _first(line, _STAGES)
            nodes, has = _first(line, ("nnodes",)), container.amount(GPU)
            if tensor is None or stages is None or nodes is None or has is None:
                continue
            each = -(-tensor[0] * stages[0] // nodes[0])
            if each > has and (nodes[1] or not workload.grouped):
                yield violation(
                    f"{workload.display_name} spreads the model over {each} devices; container "
                    f"{container.name} requests {counted(has, 'GPU')}",
                    Place(workload.resource, line.flags[tensor[1] or stages[1]].path),
                    severity=Severity.ERROR,
                )


def _first(line: CommandLine, names: tuple[str, ...]) -> tuple[int, str] | None:
    """The number of the option that is given, with its name; 1 without one. None: not known."""
    for name in names:
        if name in line.flags:
            value = line.number(name, least=1)
            return None if value is None else (value, name)
    return 1, ""


def _of_field(workload: Workload) -> Violations:
    """A platform starts each Pod of a group with the tensor parallel size of a field."""
    field, each = workload.service.tensor if workload.service else (), gpus(workload)
    size = workload.resource.get(*field) if field else None
    if isinstance(size, int) and each is not None and size > each:
        yield violation(
            f"{workload.display_name} splits each layer over {size} devices, and its Pods request "
            f"{counted(each, 'GPU')} each",
            Place(workload.resource, field),
        )
