"""`python -m benchmarks.fuzz --minutes N [--seed S] [--target NAME] [--keep DIR]`.

Runs commands on mutated inputs, in forked workers. A failure is a traceback (an error that is not
told as the user's, or a rule that raised), over 5 s of CPU time, or over 1 GiB of memory. Failing
inputs are kept, once for each place in the code. Minutes are CPU minutes. The counts are printed
every CPU minute, and when the run is interrupted. Exit code 1 when something failed.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import random
import resource
import select
import shutil
import signal
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.fuzz.targets import TARGETS

SECONDS = 5
MEMORY = 2**30
BATCH = 40  # cases of a worker: the program's caches are made for one run
SILENCE = 120  # seconds without a sign of life, for code that no alarm interrupts
EVERY = 60  # CPU seconds between two lines of counts


class HangError(BaseException):
    """Raised by the alarm; no handler of the program takes it for an error of its own."""


def _alarm(*_: object) -> None:
    raise HangError


def _failure(arguments: list[str]) -> str:
    """Run a command in this process; what went wrong and where, or nothing."""
    import click

    from stackgen.cli.main import cli
    from stackgen.errors import UsageError

    out = io.StringIO()
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            cli.main(arguments, prog_name="stackgen", standalone_mode=False)
    except (UsageError, click.ClickException, click.exceptions.Exit, click.Abort):
        return ""
    except HangError as error:
        return f"hang in {_place(error)}"
    except MemoryError as error:
        return f"memory in {_place(error)}"
    except SystemExit:
        return ""
    except BaseException as error:  # whatever it is, it is what is looked for
        return f"{type(error).__name__} in {_place(error)}"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    lines = out.getvalue().splitlines()
    stopped = ("rule-crashed", "rule-not-evaluated")
    raised = [line for line in lines if " the check " in line and any(r in line for r in stopped)]
    # A traceback in the process that evaluates policies.
    raised += [line for line in lines if "the policies stopped with status 1:" in line]
    return f"rule raised: {raised[0].strip()[:120]}" if raised else ""


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    ours = [f for f in frames if f"{os.sep}stackgen{os.sep}" in f.filename] or frames
    return f"{ours[-1].filename.rpartition('stackgen' + os.sep)[2]}:{ours[-1].lineno}"


def _worker(seeds: list[tuple[str, int]], folder: Path, pipe: int) -> None:
    """Run cases and write a line for each: before it starts, and when it is over."""
    signal.signal(signal.SIGPROF, _alarm)
    sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115
    resource.setrlimit(resource.RLIMIT_AS, (4 * MEMORY, 4 * MEMORY))
    for name, seed in seeds:
        case = folder / f"{name}-{seed}"
        case.mkdir(parents=True)
        arguments = TARGETS[name](case, random.Random(seed))
        os.write(pipe, f"{json.dumps(['start', name, seed, arguments])}\n".encode())
        found = _failure(arguments)
        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        if not found and used > MEMORY:
            found = f"memory: {used >> 20} MiB"
        os.write(pipe, f"{json.dumps(['end', name, seed, found])}\n".encode())
        if not found:
            shutil.rmtree(case)
        if used > MEMORY:
            return


def _batch(seeds: list[tuple[str, int]], folder: Path) -> tuple[int, list[tuple[str, int, str]]]:
    """How many cases of a batch ran, and which failed how."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        try:
            _worker(seeds, folder, writer)
        except BaseException:
            traceback.print_exc()
            os._exit(9)
        os._exit(0)
    os.close(writer)
    ran, failed, buffer, running = 0, [], b"", None
    while True:
        ready, _, _ = select.select([reader], [], [], SILENCE)
        if not ready:
            os.kill(child, signal.SIGKILL)
            break
        part = os.read(reader, 65536)
        if not part:
            break
        *lines, buffer = (buffer + part).split(b"\n")
        for line in lines:
            what, name, seed, said = json.loads(line)
            if what == "start":
                ran, running = ran + 1, (name, seed)
            else:
                running = None
                if said:
                    failed.append((name, seed, said))
    os.close(reader)
    _, status = os.waitpid(child, 0)
    if running is not None:
        failed.append((*running, f"the process ended with status {status}"))
    elif os.waitstatus_to_exitcode(status) == 9:
        raise SystemExit("the fuzzer itself failed")
    return ran, failed


def main(arguments: Sequence[str] | None = None) -> int:
    """Fuzz until the time is over; 1 when something failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--target", choices=list(TARGETS), action="append")
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "stackgen-fuzz")
    given = parser.parse_args(arguments)
    names = given.target or list(TARGETS)

    counts = Counts(dict.fromkeys(names, 0))
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="stackgen-fuzz-") as work, suppress(KeyboardInterrupt):
        _fuzz(counts, Path(work), given)
    print("  ".join(f"{name} {count:,}" for name, count in counts.ran.items()))
    print(counts.told(), flush=True)
    return 1 if counts.times else 0


@dataclass
class Counts:
    """What was run so far. ran: executions by target. times: failures by what was said."""

    ran: dict[str, int]
    times: Counter[str] = field(default_factory=Counter)

    def told(self) -> str:
        """The counts in a line."""
        hangs = sum(self.times[said] for said in self.times if said.startswith("hang"))
        return (
            f"{sum(self.ran.values()):,} executions in {_used() / 60:.1f} CPU minutes: "
            f"{len(self.times)} distinct failures ({self.times.total()} times, "
            f"of which {hangs} hangs)"
        )


def _used() -> float:
    """CPU seconds of all workers."""
    return sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])


def _fuzz(counts: Counts, work: Path, given: argparse.Namespace) -> None:
    names = list(counts.ran)
    seed, began = given.seed * 1_000_000, _used()
    next_line = began + EVERY
    while _used() - began < given.minutes * 60:
        seeds = [(names[(seed + i) % len(names)], seed + i) for i in range(BATCH)]
        count, failed = _batch(seeds, work)
        seed += BATCH
        for name, _ in seeds[:count]:
            counts.ran[name] += 1
        for name, number, said in failed:
            counts.times[said] += 1
            case = work / f"{name}-{number}"
            if counts.times[said] == 1:
                kept = given.keep / case.name
                shutil.rmtree(kept, ignore_errors=True)
                shutil.copytree(case, kept, symlinks=True, ignore_dangling_symlinks=True)
                print(f"FAILED {said}  ({kept})", flush=True)
            shutil.rmtree(case, ignore_errors=True)
        if _used() > next_line:
            print(counts.told(), flush=True)
            next_line = _used() + EVERY


if __name__ == "__main__":
    sys.exit(main())
