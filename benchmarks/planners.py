"""Compare estimates of throughput on GPUs with those of aiconfigurator.

python -m benchmarks.planners PATH/bin/aiconfigurator

PATH is a virtual environment with `pip install aiconfigurator`. The rows are models and GPUs that
both know. Prints a Markdown table of output tokens per second and TPOT, each at a fixed number of
running sequences. The table of docs/planner.md is written by hand from it.
"""

from __future__ import annotations

import argparse
import math
import re
import subprocess
import sys
from collections.abc import Iterator

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import row_of
from stackgen.plan.throughput.load import Load, Speed, serve, tpot
from stackgen.plan.throughput.points import point_of, server_at
from stackgen.plan.throughput.roofline import Server
from stackgen.plan.throughput.speed import constants_of
from stackgen.record import record


@record
class Case:
    """A server: names of the model and the GPU, as aiconfigurator and as the catalog have them."""

    theirs: str
    ours: str
    system: str
    gpu: str
    gpus: int
    prompt: int = 1000
    answer: int = 500
    sequences: tuple[int, ...] = (1, 16, 64)


LLAMA, LLAMA_70B = "meta-llama/Meta-Llama-3.1-8B", "meta-llama/Meta-Llama-3.1-70B"
OURS, OURS_70B = "meta-llama/Llama-3.1-8B-Instruct", "meta-llama/Llama-3.1-70B-Instruct"
QWEN, SPARSE = "Qwen/Qwen3-32B", "Qwen/Qwen3-30B-A3B"
CASES = (
    Case(LLAMA, OURS, "h100_sxm", "h100", 1, sequences=(1, 16, 64, 128)),
    Case(LLAMA, OURS, "h100_sxm", "h100", 1, 4096, 512, (1, 8, 32)),
    Case(LLAMA, OURS, "a100_sxm", "a100-80", 1),
    Case(QWEN, QWEN, "h100_sxm", "h100", 2),
    Case(QWEN, QWEN, "h200_sxm", "h200", 1),
    Case(LLAMA_70B, OURS_70B, "h100_sxm", "h100", 4),
    Case(SPARSE, SPARSE, "h100_sxm", "h100", 2),
)


def estimated(case: Case, sequences: int, catalog: Catalog) -> tuple[float, float]:
    """Output tokens a second, and TPOT in ms, of the planner."""
    row = row_of("throughput.yaml", f"{case.ours}/{case.gpu}-{case.gpus}/x", {
        "engine": "vllm", "weights": "bf16", "kv_cache": "bf16", "input_tokens": case.prompt,
        "output_tokens": case.answer, "concurrency": sequences, "source": "x", "as_of": "x",
    })  # fmt: skip
    point = point_of(row)
    server = server_at(point, catalog)
    assert isinstance(server, Server), server
    sparse = server.active < server.params
    speed = Speed(
        server, point.lengths, constants_of(catalog, case.gpu, "vllm", sparse).value, 2048
    )
    service = serve(speed, Load(0, sequences))
    assert service is not None
    return service.rate * case.answer, 1000 * tpot(speed, service, "p50")


def theirs(program: str, case: Case, sequences: int) -> tuple[float, float]:
    """The same of aiconfigurator, for vLLM."""
    command = [
        program, "cli", "estimate", "--no-color", "--model-path", case.theirs, "--system",
        case.system, "--backend", "vllm", "--isl", str(case.prompt), "--osl", str(case.answer),
        "--batch-size", str(sequences), "--tp-size", str(case.gpus), "--moe-tp-size",
        str(case.gpus if case.theirs == SPARSE else 1),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    tokens, each = (
        float(re.search(rf"{name}:\s+([\d,.]+)", done.stdout)[1].replace(",", ""))  # type: ignore[index]
        for name in ("tokens/s", "TPOT")
    )
    return tokens, each


def lines(program: str) -> Iterator[str]:
    """The table, and what it comes to."""
    catalog, errors = Catalog(), []
    yield "| model | GPUs | in + out, sequences | aiconfigurator | stackgen | tokens/s | TPOT |"
    yield "|---|---|---|---|---|---|---|"
    for case in CASES:
        for sequences in case.sequences:
            tokens, each = theirs(program, case, sequences)
            own, own_each = estimated(case, sequences, catalog)
            errors.append(abs(own / tokens - 1))
            yield (
                f"| {case.ours.rpartition('/')[2]} | {case.gpus} x {case.gpu} | {case.prompt} + "
                f"{case.answer}, {sequences} | {tokens:,.0f} | {own:,.0f} "
                f"| {own / tokens - 1:+.0%} | {own_each / each - 1:+.0%} |"
            )
    spread = catalog.roofline("errors").data["spread"]["accelerator"]
    inside = sum(abs(math.log1p(e)) <= math.log(spread) for e in errors)
    yield f"\nmedian {sorted(errors)[len(errors) // 2]:.0%}; {inside} of {len(errors)} inside"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("program", help="the program to compare with, by its path")
    for text in lines(parser.parse_args().program):
        sys.stdout.write(text + "\n")
