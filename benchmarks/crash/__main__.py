"""`python -m benchmarks.crash [--kills N] [--seed S]`.

A child process exchanges folders that hold files of others, as `build`, `bootstrap` and `schemas
import` do: folders that change, are new, and are removed. It is killed, or a call to the system
fails, before or after a call that is counted, or at a random time. Then the next command runs (or
`git checkout`, the next command and the write again), and what is there is compared with the old
and the new state. The counts are printed every half minute, and when the run is interrupted. Exit
code 1 when something was wrong.
"""

from __future__ import annotations

import argparse
import errno
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.crash.faults import CALLS, READS, calls, child, end, hook_write
from benchmarks.crash.writers import WRITERS, State, Writer, contents, judge
from benchmarks.fuzz.seeds import DEFINITION
from stackgen.errors import UsageError
from stackgen.tree.write import settle

FAULTS = (errno.EIO, errno.ENOSPC)
STACK = Path(__file__).parents[2] / "stack.yaml"
KINDS = ("trials", "mixed", "missing", "litter", "foreign lost", "fault")
EVERY = 30  # seconds between two lines of counts


@dataclass
class Counts:
    """What was found so far, by the kind of the trial."""

    rows: dict[str, Counter[str]] = field(default_factory=dict)
    told: float = field(default_factory=time.monotonic)

    def add(self, name: str, where: str, wrong: Sequence[str]) -> None:
        """Count a trial; tell immediately what was wrong, and now and then how far it is."""
        self.rows.setdefault(name, Counter()).update(["trials", *wrong])
        if wrong:
            print(f"  {name}, {where}: {', '.join(wrong)}", flush=True)
        if time.monotonic() >= self.told + EVERY:
            total = self.total()
            print(", ".join(f"{total[kind]:,} {kind}" for kind in KINDS), flush=True)
            self.told = time.monotonic()

    def total(self) -> Counter[str]:
        return sum(self.rows.values(), Counter())

    def table(self) -> str:
        rows = [*sorted(self.rows.items()), ("in all", self.total())]
        wide = max(len(name) for name, _ in rows) + 1
        lines = [f"{'':{wide}}" + "".join(f"{k:>14}" for k in KINDS)]
        lines += [f"{name:{wide}}" + "".join(f"{c[k]:>14,}" for k in KINDS) for name, c in rows]
        return "\n".join(lines)


@dataclass(frozen=True)
class Plan:
    """One trial at a counted call. fault: the error of the call; 0: a kill. reads: see READS."""

    writer: Writer
    at: int
    fault: int
    after: bool
    two_steps: bool
    checkout: bool = False
    reads: bool = False

    def __str__(self) -> str:
        what = errno.errorcode[self.fault] if self.fault else "SIGKILL"
        how = "two renames" if self.two_steps else "one exchange"
        then = ", then git checkout" if self.checkout else ""
        call = "a call that reads names" if self.reads else "a call"
        return f"{self.writer.name}: {what} at {call}, {how}{then}"


@dataclass(frozen=True)
class Prepared:
    """A writer with its states, and a repository that holds the old one."""

    writer: Writer
    states: tuple[State, State]
    repository: str

    @contextmanager
    def copy(self) -> Iterator[str]:
        """A copy of the repository for one trial."""
        with tempfile.TemporaryDirectory() as top:
            place = os.path.join(top, "repository")
            shutil.copytree(self.repository, place, symlinks=True)
            yield place


def _git(place: str, *arguments: str) -> None:
    subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", *arguments],
        cwd=place, check=True, capture_output=True,
    )  # fmt: skip


def prepare(writer: Writer, place: str) -> Prepared:
    """Commit the old state, without the files of others."""
    path = writer.prepared(place)
    _git(place, "init", "-q")
    own = [f"{writer.folder}/{name}" for name in contents(path) if name not in writer.foreign]
    _git(place, "add", *own)
    _git(place, "commit", "-qm", "old")
    return Prepared(writer, writer.states(), place)


def plans(prepared: Prepared) -> list[Plan]:
    """A kill before and after each call, one with `git checkout`, and each fault."""
    writer, made = prepared.writer, []
    for two_steps in (False, True):
        for at in range(1, _calls(prepared, two_steps, CALLS) + 1):
            for fault, after, checkout in (
                (0, False, False), (0, True, False), (0, True, True),
                *((fault, False, False) for fault in FAULTS),
            ):  # fmt: skip
                made.append(Plan(writer, at, fault, after, two_steps, checkout))
        for at in range(1, _calls(prepared, two_steps, READS) + 1):
            made.append(Plan(writer, at, errno.EIO, False, two_steps, reads=True))
    return made


def _calls(prepared: Prepared, two_steps: bool, names: Sequence[str]) -> int:
    with prepared.copy() as place:
        path = os.path.join(place, prepared.writer.folder)
        return calls(lambda: prepared.writer.new(path), two_steps, names)


def trial(prepared: Prepared, plan: Plan) -> list[str]:
    """What is wrong after one kill or fault, and the next command."""
    with prepared.copy() as place:
        writer, path = plan.writer, os.path.join(place, plan.writer.folder)

        def run() -> None:
            names = READS if plan.reads else CALLS
            hook_write(plan.at, lambda: end(plan.fault), plan.after, plan.two_steps, names)
            writer.new(path)

        code = child(run)
        wrong = ["fault"] if code == 3 else []
        # A run that says that it failed has put everything back, or leaves it to the next command.
        if plan.checkout:
            _git(place, "checkout", "-q", "--", writer.folder)
        try:
            settle(path)
            if plan.checkout:
                # Git knows only the old state: what it may have mixed in, the next write corrects.
                writer.new(path)
        except UsageError as error:
            print(f"  the next command: {error}")
            wrong.append("fault")
        states = prepared.states[1:] if plan.checkout else prepared.states
        return [*judge(path, states, writer.foreign), *wrong]


def random_times(prepared: Prepared, number: int, chance: random.Random, counts: Counts) -> None:
    """Kills at random times of the write."""
    with prepared.copy() as place:
        path = os.path.join(place, prepared.writer.folder)
        begun = time.monotonic()
        child(lambda: prepared.writer.new(path))
        took = time.monotonic() - begun
    for _ in range(number):
        wait = chance.random() * took
        with prepared.copy() as place:
            path = os.path.join(place, prepared.writer.folder)
            pid = os.fork()
            if pid == 0:
                try:
                    prepared.writer.new(path)
                finally:
                    os._exit(0)
            time.sleep(wait)
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            settle(path)
            name = f"{prepared.writer.name}: SIGKILL at a random time"
            wrong = judge(path, prepared.states, prepared.writer.foreign)
            counts.add(name, f"after {wait:.4f} s", wrong)


COMMANDS = {
    "out": ("build",),
    "bootstrap": ("bootstrap", "--env", "prod"),
    "schemas": ("schemas", "import", "definition.json"),
}


def whole_commands(number: int, chance: random.Random, counts: Counts) -> None:
    """The commands themselves, killed in the last part of their time; then another command."""
    program = [sys.executable, "-m", "stackgen"]
    with tempfile.TemporaryDirectory() as place:
        shutil.copytree(STACK.parent / "overlays", os.path.join(place, "overlays"))
        spec = STACK.read_text("utf-8")
        definition = json.dumps(DEFINITION)
        inputs = (
            (spec, definition),
            (spec.replace("llmd-istio-tpu", "other"), definition.replace('"a", "b"', '"a", "c"')),
        )

        def write(which: int) -> None:
            Path(place, "stack.yaml").write_text(inputs[which][0], "utf-8")
            Path(place, "definition.json").write_text(inputs[which][1], "utf-8")

        for folder, command in COMMANDS.items():
            states = []
            begun = time.monotonic()
            for which in (0, 1):
                write(which)
                subprocess.run([*program, *command], cwd=place, check=True, capture_output=True)
                states.append(contents(os.path.join(place, folder)))
            assert states[0] != states[1]
            took = (time.monotonic() - begun) / 2
            for i in range(number):
                write(i % 2)
                process = subprocess.Popen(
                    [*program, *command], cwd=place,
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                )  # fmt: skip
                wait = took * (0.6 + 0.4 * chance.random())
                time.sleep(wait)
                process.kill()
                process.wait()
                following = [*program, "schemas", "list"]
                subprocess.run(following, cwd=place, check=True, capture_output=True)
                wrong = judge(os.path.join(place, folder), states, {})
                name = f"{command[0]}: SIGKILL of the whole command"
                counts.add(name, f"after {wait:.2f} s", wrong)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run every kind of trial and print counts; 1 when something was wrong."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.crash", description=__doc__)
    parser.add_argument("--kills", type=int, help="trials at counted calls; all if not given")
    parser.add_argument("--random", type=int, default=600, help="kills at random times")
    parser.add_argument("--commands", type=int, default=5, help="kills of each whole command")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    counts = Counts()
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with suppress(KeyboardInterrupt):
            _run(given, counts)
    finally:
        signal.signal(signal.SIGTERM, before)
    print(counts.table(), flush=True)
    return 1 if any(counts.total()[kind] for kind in KINDS[1:]) else 0


def _run(given: argparse.Namespace, counts: Counts) -> None:
    chance = random.Random(given.seed)
    with tempfile.TemporaryDirectory() as top:
        all_prepared = []
        for writer in WRITERS:
            place = os.path.join(top, writer.folder)
            os.mkdir(place)
            all_prepared.append(prepare(writer, place))
        every = [(prepared, plan) for prepared in all_prepared for plan in plans(prepared)]
        chance.shuffle(every)
        for prepared, plan in every[: given.kills]:
            when = "after" if plan.after else "before"
            counts.add(str(plan), f"{when} call {plan.at}", trial(prepared, plan))
        for prepared in all_prepared:
            random_times(prepared, given.random // len(all_prepared), chance, counts)
    whole_commands(given.commands, chance, counts)


if __name__ == "__main__":
    sys.exit(main())
