"""Work in several processes, with the same result as in one.

Each process is a new one, as nothing of this one is safe to be copied, and gets one shard. What it
reads counts as read by this one, and what it knows of secrets is what this one knows.
"""

from __future__ import annotations

import importlib
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

from stackgen import modules, redact, regex
from stackgen.cache import seen, verdicts
from stackgen.checks.shard import Shard
from stackgen.errors import UsageError
from stackgen.garbage import collect_less

_START = "import sys; sys.path[:] = {path!r}; from stackgen.fleet.processes import worker; worker()"


def in_processes(
    work: Callable[[Any, Shard], Iterator[Any]],
    task: Any,
    jobs: int,
    told: Callable[[Any], object] = lambda _: None,
) -> Iterator[Any]:
    """What `work` yields for `task` and each of so many shards, in their order.

    work: a function of a module. told: called with each result as soon as it is there. Raises what
    a process raised.
    """
    command = [sys.executable, "-c", _START.format(path=sys.path)]
    shards = [Shard(number + 1, jobs) for number in range(jobs)]
    found: list[list[Any]] = [[] for _ in shards]
    name = (work.__module__, work.__name__)
    state = (verdicts.place(), seen.is_noting(), redact.known())
    given = [pickle.dumps((*name, *state, task, shard)) for shard in shards]
    children = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in shards
    ]
    try:
        readers = []
        for ask in zip(children, given, found, strict=True):
            readers.append(threading.Thread(target=_ask, args=(*ask, told)))
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
    child: subprocess.Popen[bytes], given: bytes, results: list[Any], told: Callable[[Any], object]
) -> None:
    """Send the child its work, and take what it says until it ends."""
    assert child.stdin and child.stdout
    with child.stdin, child.stdout:
        try:
            child.stdin.write(given)
            child.stdin.close()
            while True:
                results.append(pickle.load(child.stdout))
                if results[-1][0] == "found":
                    told(results[-1][1])
        except (EOFError, OSError, pickle.UnpicklingError):
            return


def _results(results: list[Any]) -> Iterator[Any]:
    """What a process found. Raises what it raised, and RuntimeError when it ended too early."""
    last: list[Any]
    kind, *last = results.pop() if results else ("fault", "it said nothing")
    if kind == "usage":
        raise UsageError(*last)
    if kind == "raised":
        raise last[0]
    if kind != "done":
        raise RuntimeError(f"a process with a part of the work ended: {last[0]}")
    looks, new = last
    seen.add(looks)
    verdicts.of_run().add(new)
    for _, one in results:
        yield one


def worker() -> None:
    """Do the work that standard input names, and say what came of it."""
    collect_less()
    modules.use_kept()
    regex.use_kept()
    module, function, place, noting, secrets, task, shard = pickle.load(sys.stdin.buffer)
    out = sys.stdout.buffer
    redact.know(secrets)
    if noting:
        seen.begin(noting)
    if place:
        verdicts.begin(*place)
    try:
        for one in getattr(importlib.import_module(module), function)(task, shard):
            pickle.dump(("found", one), out)
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
