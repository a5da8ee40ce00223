"""Which of two results is worse, and in what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from stackgen.benchmark.results import Result
from stackgen.errors import UsageError
from stackgen.escape import visible
from stackgen.record import record

Verdict = Literal["same", "better", "worse", "missing", "new"]
# Of the load: more than this and two results measure different things.
SAME_LOAD = 0.05


@record
class Row:
    """One metric of two results. before, after: None where a report does not have it."""

    metric: str
    unit: str
    before: float | None
    after: float | None
    verdict: Verdict

    @property
    def change(self) -> float | None:
        """The relative change, such as 0.2 for a fifth more."""
        if self.before is None or self.after is None or not self.before:
            return None
        return self.after / self.before - 1


def compare(before: Result, after: Result, tolerance: float) -> list[Row]:
    """Every metric of either result. tolerance: a relative change that counts as none.

    A metric that only the first result has is `missing`: it was not shown to be as good. Raises
    UsageError for results without requests, and for results of different loads.
    """
    for one in (before, after):
        if not one.requests or not (one.latency or one.throughput):
            raise UsageError(f"{visible(one.file)}: measures no request")
    for name in before.load.keys() & after.load.keys():
        first, second = before.load[name], after.load[name]
        if abs(first - second) > SAME_LOAD * max(first, second):
            raise UsageError(
                f"the results are of different loads: {name}: {first:g} and {second:g}; "
                "measure both with the same Job"
            )
    return list(_rows(before, after, tolerance))


def _rows(before: Result, after: Result, tolerance: float) -> Iterator[Row]:
    for metric, at in dict.fromkeys((*before.latency, *after.latency)):
        first, second = before.latency.get((metric, at)), after.latency.get((metric, at))
        yield Row(f"{metric} {at}", "s", first, second, _verdict(first, second, tolerance))
    for name in dict.fromkeys((*before.throughput, *after.throughput)):
        first, second = before.throughput.get(name), after.throughput.get(name)
        verdict = _verdict(second, first, tolerance)  # more is better
        swapped: dict[Verdict, Verdict] = {"missing": "new", "new": "missing"}
        yield Row(name, "/s", first, second, swapped.get(verdict, verdict))
    one, two = (result.failures / result.requests for result in (before, after))
    failed: Verdict = "worse" if two > one else "better" if two < one else "same"
    yield Row("failed requests", "of all", one, two, failed)


def _verdict(before: float | None, after: float | None, tolerance: float) -> Verdict:
    """Of a metric of which less is better."""
    if before is None or after is None:
        return "missing" if after is None else "new"
    if after > before * (1 + tolerance):
        return "worse"
    return "better" if after * (1 + tolerance) < before else "same"
