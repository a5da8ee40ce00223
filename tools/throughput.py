"""Fit the constants of generator/stackgen/catalog/roofline.yaml to the points of throughput.yaml.

python tools/throughput.py           print the table of docs/planner.md
python tools/throughput.py --write   write roofline.yaml and the table in docs/planner.md

The fit is a least-squares fit of the logarithm of throughput, by Gauss and Newton, in which a large
error counts less than its square. Each constant has an expected value, so that one that few points
depend on does not run away. A point is judged by a fit that saw no point of the same model and
slice.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from stackgen.catalog.load import Catalog
from stackgen.plan.throughput.anchors import beyond, ratio
from stackgen.plan.throughput.load import Load, Speed, serve, tpot
from stackgen.plan.throughput.measured import anchor, is_measurement
from stackgen.plan.throughput.points import Point, points, predicted, server_at
from stackgen.plan.throughput.roofline import Constants, Server
from stackgen.record import record

ROOT = Path(__file__).resolve().parents[1]
ROW = ROOT / "generator" / "stackgen" / "catalog" / "roofline.yaml"
PAGE = ROOT / "docs" / "planner.md"
BEGIN, END = "<!-- written by tools/throughput.py -->", "<!-- end -->"
FIELDS = ("weights", "cache", "prompt", "step_ms", "step_factor", "overlap", "slower")
PROMPT_FIRST = ("sglang-jax",)  # prompts and steps one after the other
# Constant -> expected value, and the standard deviation of its logarithm. Of the bandwidth three
# quarters, of the peak two fifths; other values are from what servers of one sequence need.
EXPECTED: Mapping[str, tuple[float, float]] = {
    "weights": (0.8, 0.25), "cache": (0.6, 0.5), "dense": (0.4, 0.4), "sparse": (0.08, 0.8),
    "v6e": (5.0, 0.5), "tpu7x": (8.0, 0.5), "sparse_step": (1.2, 0.3), "overlap": (1.3, 0.3),
    "slower": (1.0, 0.2),
}  # fmt: skip
NAMES = tuple(EXPECTED)
FITTED = ("v6e", "tpu7x")  # accelerators with a step of their own
SCALE = 0.2  # of an error, from where it counts less than its square
Theta = tuple[float, ...]


@record
class Case:
    """A point that the roofline can be compared with."""

    point: Point
    server: Server

    @property
    def group(self) -> tuple[str, str, int]:
        """Model and slice."""
        return self.point.model, self.point.accelerator, self.point.chips


def constants(case: Case, theta: Theta) -> Constants:
    """The constants that hold for a case. theta: logarithms, in the order of NAMES."""
    at = {name: math.exp(value) for name, value in zip(NAMES, theta, strict=True)}
    sparse = case.server.active < case.server.params
    step = at.get(case.point.accelerator, math.sqrt(at["v6e"] * at["tpu7x"]))
    first = case.point.engine in PROMPT_FIRST
    return Constants(
        at["weights"], at["cache"], at["sparse" if sparse else "dense"],
        step * (at["sparse_step"] if sparse else 1) / 1000,
        1.0 if first else max(1.0, at["overlap"]), at["slower"] if first else 1.0,
    )  # fmt: skip


def error(case: Case, theta: Theta) -> float:
    """The logarithm of computed / measured tokens a second."""
    found = predicted(case.point, case.server, constants(case, theta))
    return math.log(found / case.point.tokens_per_s)


def fit(cases: Sequence[Case], start: Theta, steps: int = 12) -> Theta:
    """The constants that fit best."""
    expected = [math.log(value) for value, _ in EXPECTED.values()]
    weight = [1 / width**2 for _, width in EXPECTED.values()]
    theta = start
    for _ in range(steps):
        size = len(theta)
        left = [[weight[i] if i == j else 0.0 for j in range(size)] for i in range(size)]
        right = [weight[i] * (expected[i] - theta[i]) for i in range(size)]
        for case in cases:
            here = error(case, theta)
            slope = [(error(case, _moved(theta, i, 1e-4)) - here) / 1e-4 for i in range(size)]
            trust = 1 / (SCALE**2 * math.sqrt(1 + (here / SCALE) ** 2))
            for i in range(size):
                right[i] -= trust * slope[i] * here
                for j in range(size):
                    left[i][j] += trust * slope[i] * slope[j]
        move = _solved(left, right)
        theta = tuple(t + max(-0.5, min(0.5, m)) for t, m in zip(theta, move, strict=True))
        if max(map(abs, move)) < 1e-4:
            break
    return theta


def _moved(theta: Theta, index: int, by: float) -> Theta:
    return tuple(t + by if i == index else t for i, t in enumerate(theta))


def _solved(left: list[list[float]], right: list[float]) -> list[float]:
    """x of left x = right, by elimination; left is positive definite."""
    size = len(right)
    rows = [[*row, value] for row, value in zip(left, right, strict=True)]
    for i in range(size):
        for j in range(i + 1, size):
            factor = rows[j][i] / rows[i][i]
            rows[j] = [a - factor * b for a, b in zip(rows[j], rows[i], strict=True)]
    found = [0.0] * size
    for i in reversed(range(size)):
        rest = sum(rows[i][j] * found[j] for j in range(i + 1, size))
        found[i] = (rows[i][size] - rest) / rows[i][i]
    return found


def cases_of(catalog: Catalog) -> tuple[list[Case], list[tuple[Point, str]]]:
    """What can be compared, and what cannot with the reason."""
    cases, left_out = [], []
    for point in points(catalog):
        server = server_at(point, catalog)
        if isinstance(server, Server):
            cases.append(Case(point, server))
        else:
            left_out.append((point, server))
    return cases, left_out


@record
class Judged:
    """A case judged by a fit that saw no point of its group. spread: of the other groups."""

    case: Case
    error: float
    spread: float
    tpot_error: float | None

    @property
    def inside(self) -> bool:
        """Whether the measured value is inside of the range that was computed without it."""
        return abs(self.error) <= math.log(self.spread)


def judged(cases: Sequence[Case], theta: Theta) -> list[Judged]:
    """Each case by a fit without its model and slice, in the order of `cases`."""
    groups = dict.fromkeys(case.group for case in cases)
    fits = {g: fit([c for c in cases if c.group != g], theta, 4) for g in groups}
    errors = [error(case, fits[case.group]) for case in cases]
    return [
        Judged(
            case, err,
            factor(e for other, e in zip(cases, errors, strict=True) if other.group != case.group),
            tpot_error(case, fits[case.group]),
        )
        for case, err in zip(cases, errors, strict=True)
    ]  # fmt: skip


def factor(errors: Iterable[float], share: float = 0.9) -> float:
    """The factor, up and down, within which a share of the errors is."""
    sizes = sorted(map(abs, errors))
    return math.exp(sizes[math.ceil(share * len(sizes)) - 1])


def tpot_error(case: Case, theta: Theta) -> float | None:
    """The logarithm of computed / measured TPOT; None where it was not measured at a known load."""
    measured = case.point.tpot.get("mean")
    if measured is None or (not case.point.rate and math.isinf(case.point.concurrency)):
        return None
    speed = Speed(case.server, case.point.lengths, constants(case, theta), 2048)
    service = serve(speed, Load(case.point.rate, 0 if case.point.rate else case.point.concurrency))
    return None if service is None else math.log(tpot(speed, service, "p50") / measured)


def other_accelerator(cases: Sequence[Case], theta: Theta) -> list[float]:
    """Errors on each accelerator of a fit to the others, whose mean step it then has."""
    found = []
    for name in dict.fromkeys(case.point.accelerator for case in cases):
        rest = [case for case in cases if case.point.accelerator != name]
        there = list(fit(rest, theta, 6))
        steps = [there[NAMES.index(n)] for n in FITTED if n != name]
        if name in FITTED:
            there[NAMES.index(name)] = sum(steps) / len(steps)
        found += [error(case, tuple(there)) for case in cases if case.point.accelerator == name]
    return found


def between(cases: Sequence[Case], theta: Theta) -> list[float]:
    """Errors at points that lie between others of the same server and version, without them."""
    found = []
    for case in cases:
        server, at = case.server, constants(case, theta)
        alike = [
            c.point for c in cases
            if c.group == case.group and c.point.version == case.point.version and c is not case
        ]  # fmt: skip
        anchors = [a for p in alike if is_measurement(p) and (a := anchor(p, server, at, 2048))]
        own = anchor(case.point, server, at, 2048)
        if own is None or not anchors or not is_measurement(case.point):
            continue
        if not beyond(anchors, own.lengths, own.running):
            modelled = ratio(anchors, "request", own.lengths, own.running)
            found.append(math.log(modelled / own.ratios["request"]["mean"]))
    return found


# -- what is written -----------------------------------------------------------------------------


def row_text(theta: Theta, found: Sequence[Judged], spreads: Mapping[str, float], day: str) -> str:
    """The file roofline.yaml: `engines` as it is, constants and errors."""
    at = {name: round(math.exp(value), 4) for name, value in zip(NAMES, theta, strict=True)}
    kept = ROW.read_text(encoding="utf-8")
    head = kept[: kept.index("\nconstants:\n")]
    mean = round(math.sqrt(at["v6e"] * at["tpu7x"]), 4)
    median = sorted(abs(math.expm1(j.error)) for j in found)[len(found) // 2]
    inside = sum(j.inside for j in found)
    return f"""{head}
constants:
  weights: {at["weights"]}
  cache: {at["cache"]}
  prompt: {{dense: {at["dense"]}, sparse: {at["sparse"]}}}
  step_ms: {{v6e: {at["v6e"]}, tpu7x: {at["tpu7x"]}, other: {mean}}}
  step_factor: {{dense: 1, sparse: {at["sparse_step"]}}}
  overlap: {{vllm-tpu: {at["overlap"]}, sglang-jax: 1, other: {at["overlap"]}}}
  slower: {{sglang-jax: {at["slower"]}, other: 1}}
{_derived(FIELDS, f"fitted to {len(found)} points")}
  source: throughput.yaml, fitted by tools/throughput.py
  as_of: "{day}"

errors:
  spread: {{{", ".join(f"{name}: {value:.3g}" for name, value in spreads.items())}}}
  points: {len(found)}
  median_percent: {100 * median:.0f}
  inside: {inside}
{_derived(("spread", "median_percent", "inside"), "of fits without the model and slice of a point")}
  source: throughput.yaml, fitted by tools/throughput.py
  as_of: "{day}"
"""


def _derived(fields: Iterable[str], why: str) -> str:
    return "\n".join(["  status:", *(f'    {field}: "DERIVED: {why}"' for field in fields)])


def table(found: Sequence[Judged], left_out: Sequence[tuple[Point, str]]) -> str:
    """The part of the page that is written here."""
    sizes = sorted(abs(math.expm1(j.error)) for j in found)
    measured = [j for j in found if not j.case.point.row.data.get("floor")]
    strict = sorted(abs(math.expm1(j.error)) for j in measured)
    tpots = sorted(abs(math.expm1(j.tpot_error)) for j in found if j.tpot_error is not None)
    inside = sum(j.inside for j in found)
    lines = [
        (
            f"Median error {_percent(_median(sizes))}; 80 of 100 points are within "
            f"{_percent(sizes[math.ceil(0.8 * len(sizes)) - 1])}; {inside} of {len(found)} points "
            f"({_percent(inside / len(found))}) are inside of the range. Without the "
            f"{len(found) - len(measured)} floors: median {_percent(_median(strict))}, "
            f"{sum(j.inside for j in measured)} of {len(measured)} inside. TPOT, where it was "
            f"measured ({len(tpots)} points): median {_percent(_median(tpots))}."
        ),
        "",
        "| model | server | engine | lengths, load | measured | computed | error | range | TPOT |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for j in found:
        point, value = j.case.point, j.case.point.tokens_per_s * math.exp(j.error)
        floor = ">= " if point.row.data.get("floor") else ""
        low, high = value / j.spread, value * j.spread
        tpot = "" if j.tpot_error is None else f"{100 * math.expm1(j.tpot_error):+.0f}%"
        lines.append(
            f"| {_server(point)} | {_lengths(point)} | {floor}{point.tokens_per_s:,.0f} | "
            f"{value:,.0f} | {100 * math.expm1(j.error):+.0f}% | {low:,.0f}-{high:,.0f}"
            f"{'' if j.inside else ' **outside**'} | {tpot} |"
        )
    lines += ["", "Not computed:", ""]
    lines += [f"- {_server(p).replace(' | ', ', ')}, {_lengths(p)}: {why}" for p, why in left_out]
    return "\n".join(lines) + "\n"


def _server(point: Point) -> str:
    name = point.model.rpartition("/")[2]
    return f"{name} | {point.accelerator} x {point.chips} | {point.engine} {point.version}"


def _lengths(point: Point) -> str:
    if point.rate:
        load = f"{point.rate:.3g} requests/s"
    else:
        load = "all" if math.isinf(point.concurrency) else f"{point.concurrency:g}"
    return f"{point.lengths.input:g} + {point.lengths.output:g}, {load}"


def _median(values: Sequence[float]) -> float:
    return values[len(values) // 2]


def _percent(share: float) -> str:
    return f"{100 * share:.0f}%"


def results(catalog: Catalog) -> tuple[str, str]:
    """The texts of roofline.yaml and of the part of the page."""
    cases, left_out = cases_of(catalog)
    theta = fit(cases, tuple(math.log(value) for value, _ in EXPECTED.values()))
    found = judged(cases, theta)
    # At a fixed rate below full load the computed value repeats the rate.
    calibrated = [
        j.error for j in found if j.case.point.accelerator in FITTED and not j.case.point.rate
    ]
    latencies = [j.tpot_error for j in found if j.tpot_error is not None]
    spreads = {
        "measured": 1.0, "interpolated": factor(between(cases, theta)), "model": factor(calibrated),
        "accelerator": factor(other_accelerator(cases, theta)), "tpot": factor(latencies),
    }  # fmt: skip
    day = max(case.point.row.as_of for case in cases)
    return row_text(theta, found, spreads, day), table(found, left_out)


def page(text: str, part: str) -> str:
    """The page with its part replaced."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{part}\n{END}{rest.partition(END)[2]}"


def main(arguments: list[str]) -> int:
    """0; 2 for wrong usage."""
    if arguments not in ([], ["--write"]):
        sys.stderr.write((__doc__ or "").split("\n\n")[1] + "\n")
        return 2
    row, part = results(Catalog())
    if arguments:
        ROW.write_text(row, encoding="utf-8")
        PAGE.write_text(page(PAGE.read_text(encoding="utf-8"), part), encoding="utf-8")
    else:
        sys.stdout.write(part)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
