"""Environments in several processes, with the same result as in one.

Each process is a new one, as nothing of this one is safe to be copied, and gets a block of the
environments. What it reads counts as read by this one.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

from stackgen import progress
from stackgen.cache import seen, verdicts
from stackgen.checks.shard import Shard
from stackgen.errors import UsageError
from stackgen.fleet.proven import Proven, Task, in_this_process

_START = "import sys; sys.path[:] = {path!r}; from stackgen.fleet.processes import worker; worker()"


def in_processes(task: Task, jobs: int) -> Iterator[Proven]:
    """The environments in order, from so many processes. Raises UsageError."""
    command = [sys.executable, "-c", _START.format(path=sys.path)]
    shards = [Shard(number + 1, jobs) for number in range(jobs)]
    found: list[list[Any]] = [[] for _ in shards]
    done = [0]
    children = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in shards
    ]
    try:
        readers = []
        for child, shard, results in zip(children, shards, found, strict=True):
            given = (task, shard, verdicts.place(), seen.is_noting())
            readers.append(threading.Thread(target=_ask, args=(child, given, results, done, task)))
            readers[-1].start()
        for reader in readers:
            while reader.is_alive():
                reader.join(0.2)
    finally:
        for child in children:
            if child.poll() is None:
                child.kill()
            child.wait()
    for results in found:
        yield from _results(results)


def _ask(
    child: subprocess.Popen[bytes], given: Any, results: list[Any], done: list[int], task: Task
) -> None:
    """Send the child its work, and take what it says until it ends."""
    assert child.stdin and child.stdout
    with child.stdin, child.stdout:
        try:
            child.stdin.write(pickle.dumps(given))
            child.stdin.close()
            while True:
                results.append(pickle.load(child.stdout))
                if isinstance(results[-1], Proven):
                    done[0] += 1
                    progress.part(done[0], len(task.environments), results[-1].env)
        except (EOFError, OSError, pickle.UnpicklingError):
            return


def _results(results: list[Any]) -> Iterator[Proven]:
    """What a process found. Raises what it raised, and RuntimeError when it ended too early."""
    last: list[Any]
    kind, *last = results.pop() if results else ("fault", "it said nothing")
    if kind == "usage":
        raise UsageError(*last)
    if kind == "raised":
        raise last[0]
    if kind != "done":
        raise RuntimeError(f"a process with a part of the environments ended: {last[0]}")
    looks, new = last
    seen.add(looks)
    verdicts.of_run().add(new)
    yield from results


def worker() -> None:
    """Prove the environments that standard input names, and say what came of it."""
    task, shard, place, noting = pickle.load(sys.stdin.buffer)
    out = sys.stdout.buffer
    if noting:
        seen.begin(noting)
    if place:
        verdicts.begin(*place)
    try:
        first, *_ = numbers = shard.part(range(len(task.environments)))
        for one in in_this_process(task, slice(first, first + len(numbers))):
            pickle.dump(one, out)
        pickle.dump(("done", seen.looked() if noting else {}, verdicts.of_run().new()), out)
    except UsageError as error:
        pickle.dump(("usage", str(error), *error.more), out)
    except (OSError, MemoryError) as error:
        pickle.dump(("raised", error), out)
    except KeyboardInterrupt:
        pass
    except Exception as error:  # told as a fault of the command
        pickle.dump(("fault", f"{type(error).__name__}: {error}"), out)
    out.flush()
    os._exit(0)
