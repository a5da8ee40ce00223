"""All environments of a build. Many are divided among processes; the result is the same."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from stackgen import progress
from stackgen.compiler import Inputs, read_inputs
from stackgen.fleet import cores, kept
from stackgen.fleet.proven import Proven, Task, in_shard, in_this_process

# Starting a process costs as much as this many environments.
_WORTH = 8


def prove(task: Task, jobs: int = 0) -> list[Proven]:
    """Every environment, in order. jobs: processes; 0 for as many as pay. Raises UsageError."""
    if not task.environments:
        return []
    inputs = read_inputs(task.root, task.environments)
    if not kept.is_for(task):
        return shared(_all(task, inputs, jobs))
    basis = kept.basis_of_run()
    found = kept.known(task, inputs, basis)
    some = dataclasses.replace(task, known=frozenset(found))
    found |= {one.env: one for one in _all(some, inputs, jobs)}
    proven = shared(found[env] for env in task.environments)
    kept.keep(task, basis, proven)
    return proven


def _all(task: Task, inputs: Inputs, jobs: int) -> Iterable[Proven]:
    """The environments that are to be proven, in order."""
    count = len(task.rest)
    jobs = min(jobs or min(cores(), count // _WORTH), count)
    if jobs > 1:
        from stackgen.fleet.processes import in_processes

        done = iter(range(1, count + 1))
        return in_processes(
            in_shard, task, jobs, lambda one: progress.part(next(done, count), count, one.env)
        )
    return in_this_process(task, inputs, task.rest)


def shared(all_proven: Iterable[Proven]) -> list[Proven]:
    """The same, with each content once: most files are equal in many environments."""
    known: dict[bytes, bytes] = {}
    found = []
    for one in all_proven:
        files = {name: known.setdefault(content, content) for name, content in one.files.items()}
        found.append(dataclasses.replace(one, files=files))
    return found
