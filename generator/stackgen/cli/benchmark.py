"""`stackgen benchmark`: a Job that measures a model, and what to do with its results."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from stackgen.cli import complete
from stackgen.cli.option import one_of, option
from stackgen.cli.output import notes, say
from stackgen.cli.stack_options import DIRECTORY, environment
from stackgen.errors import UsageError

if TYPE_CHECKING:
    from stackgen.benchmark.compare import Row
    from stackgen.plan.model import ModelPlan, Plan


@click.group()
def benchmark() -> None:
    """Measure a model through the gateway, compare results, and plan with them."""


@benchmark.command("job")
@environment("Environment of the stack.")
@option("--model NAME", "Model.  [default: the only one]")
@option(
    "--rate N",
    "Requests per second.  [default: of the model's traffic, or 1]",
    default=None,
    type=click.FloatRange(0.01, 10000),
)  # fmt: skip
@option(
    "--seconds N",
    "Duration of the load.",
    default=120,
    show_default=True,
    type=click.IntRange(10, 86400),
)  # fmt: skip
@option(
    "--prompt N",
    "Mean tokens of a prompt.  [default: of the model's traffic, or 512]",
    default=None,
    type=click.IntRange(4, 1000000),
)  # fmt: skip
@option(
    "--answer N",
    "Mean tokens of an answer.  [default: of the model's traffic, or 128]",
    default=None,
    type=click.IntRange(4, 1000000),
)  # fmt: skip
@DIRECTORY
def job(
    env: str, model: str, rate: float | None, seconds: int, prompt: int | None,
    answer: int | None, directory: str,
) -> int:  # fmt: skip
    """Print a Job of inference-perf, with its configuration and network policy.

    \b
    stackgen benchmark job --env prod | kubectl apply -f -
    kubectl wait --for=condition=Complete --timeout=1h job/benchmark-MODEL -n NAMESPACE
    kubectl logs job/benchmark-MODEL -n NAMESPACE | tail -n 1 > after.json

    The last line of the log is the report: percentiles of latencies, and throughput.
    """
    from stackgen.benchmark.job import load_of, manifests

    plan, chosen = _chosen(env, model, directory, prove=True)
    load = load_of(chosen.spec.traffic, rate, seconds, prompt, answer)
    longest, most = chosen.server.max_model_len, load.most_tokens
    if longest is not None and most > int(longest.value):
        raise UsageError(
            f"prompts and answers of up to {most} tokens do not fit into the "
            f"{longest.value} of {chosen.spec.name.value}"
        )
    say(manifests(plan, chosen, load))
    return 0


@benchmark.command("record")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", shell_complete=complete.paths)
@environment("Environment of the stack.")
@option("--model NAME", "Model.  [default: the only one]")
@option(
    "--servers N",
    "Replicas that shared the load.  [default: replicas of the model]",
    default=None,
    type=click.IntRange(1, 100000),
)  # fmt: skip
@option(
    "--cached-share SHARE",
    "Share of the prompts that was in the prefix cache.  [default: as the report says, or 0]",
    default=0.0,
    type=click.FloatRange(0, 1),
)  # fmt: skip
@DIRECTORY
def record(
    files: tuple[str, ...], env: str, model: str, servers: int | None, cached_share: float,
    directory: str,
) -> int:  # fmt: skip
    """Print rows of catalog/throughput.yaml from results.

    \b
    stackgen benchmark record after.json --env prod >> catalog/throughput.yaml
    stackgen plan --env prod

    FILE is a report of inference-perf, a result of `vllm bench serve --save-result`, or a report of
    guidellm. It must be measured on the stack as it is now: model, image, accelerator and topology
    of the row are those of the stack.
    """
    from datetime import date

    from stackgen.benchmark.results import read_results
    from stackgen.benchmark.rows import Run, row_of
    from stackgen.catalog.validate import problems_of
    from stackgen.escape import visible
    from stackgen.manifest.yaml_out import dump

    plan, chosen = _chosen(env, model, directory)
    count = servers or max(1, chosen.fewest.value)
    run = Run(count, cached_share, date.today().isoformat())
    rows: dict[str, object] = {}
    for result in (result for file in files for result in read_results(file)):
        name, row = row_of(result, plan, chosen, run)
        if name in rows:
            raise UsageError(f"{visible(result.file)}: two results have the same load, {name}")
        wrong = problems_of("throughput", {name: row})
        if wrong:
            raise UsageError(f"{visible(result.file)}: {wrong[0].message}")
        rows[name] = row
    say(dump(rows))
    return 0


def _chosen(env: str, model: str, directory: str, prove: bool = False) -> tuple[Plan, ModelPlan]:
    """The plan of the environment, and the named model of it, or the only one."""
    from stackgen.cli.provenance import compiled_for

    compiled = compiled_for(os.path.abspath(directory), env, prove=prove)
    assert compiled.plan is not None
    names = {str(one.spec.name.value): one for one in compiled.plan.models}
    if not model and len(names) > 1:
        raise UsageError(f"name the model with --model: {', '.join(names)}")
    chosen = names.get(model) if model else next(iter(names.values()))
    if chosen is None:
        from stackgen.spelling import did_you_mean

        raise UsageError(f"there is no model {model!r}{did_you_mean(model, names)}")
    return compiled.plan, chosen


@benchmark.command("compare")
@click.argument("before", metavar="BEFORE", shell_complete=complete.paths)
@click.argument("after", metavar="AFTER", shell_complete=complete.paths)
@option(
    "--tolerance PERCENT",
    "A change that counts as none.",
    default=10.0,
    show_default=True,
    type=click.FloatRange(0, 100),
)  # fmt: skip
@one_of("--output-format", ("text", "json"), "Format of the comparison.")  # fmt: skip
def compare(before: str, after: str, tolerance: float, output_format: str) -> int:
    """Compare two results. The exit code is 1 if AFTER is worse than BEFORE.

    BEFORE and AFTER are reports of inference-perf (stage_0_lifecycle_metrics.json), results of
    `vllm bench serve --save-result`, or reports of guidellm with one benchmark.
    """
    from stackgen.benchmark.compare import compare as compared
    from stackgen.benchmark.results import read_result

    rows = compared(read_result(before), read_result(after), tolerance / 100)
    say(_json(rows) if output_format == "json" else _text(rows))
    worse = [row.metric for row in rows if row.verdict == "worse"]
    missing = [row.metric for row in rows if row.verdict == "missing"]
    if worse:
        notes((f"regression: {', '.join(worse)}",))
    if missing:
        notes((f"no longer measured: {', '.join(missing)}",))
    return 1 if worse or missing else 0


def _text(rows: list[Row]) -> str:
    from stackgen.table import table

    cells = []
    for row in rows:
        change = "" if row.change is None else f"{100 * row.change:+.1f}%"
        cells.append(
            (row.metric, row.unit, _shown(row.before), _shown(row.after), change, row.verdict)
        )
    head = ("METRIC", "UNIT", "BEFORE", "AFTER", "CHANGE", "VERDICT")
    return "".join(f"{line}\n" for line in table(head, cells))


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:,.3f}"


def _json(rows: list[Row]) -> str:
    from stackgen.escape import json_text

    found = [
        {
            "metric": row.metric, "unit": row.unit, "before": row.before, "after": row.after,
            "change": row.change, "verdict": row.verdict,
        }
        for row in rows
    ]  # fmt: skip
    worse = any(row.verdict in ("worse", "missing") for row in rows)
    return json_text({"version": 1, "regression": worse, "metrics": found}) + "\n"
