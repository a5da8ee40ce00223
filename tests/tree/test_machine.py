"""Any sequence of builds, kills, failures and files of others leaves `out/` whole.

A kill or a failing call hits an exchange at any counted call to the system. The next command must
find the environments of before or of after, every file of others, and nothing else.
"""

from __future__ import annotations

import errno
import os
import shutil
import signal
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.crash import _hook, build, contents
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from stackgen.errors import UsageError
from stackgen.manifest.yaml_out import HEADER
from stackgen.tree import discard, journal, lock
from stackgen.tree.write import settle

Environments = dict[str, dict[str, bytes]]
NAMES = st.sampled_from(["dev", "prod", "test"])
# What an environment renders: which files, and a version of their text. No file: it is removed.
WANTED = st.dictionaries(
    NAMES, st.tuples(st.sets(st.integers(0, 3)), st.integers(0, 2)), min_size=1
)
# Counted from the beginning of the exchange: what comes before it changes nothing in `out/`.
CALLS = st.integers(1, 60)
PLACES = st.sampled_from(["NOTES.md", "team/own.yaml", "0/own.yaml", "1/file.yaml"])


def rendered(numbers: set[int], version: int) -> dict[str, bytes]:
    if not numbers:
        return {}
    files = {f"{n}/file.yaml": f"{HEADER}\n{n} {version}\n".encode() for n in sorted(numbers)}
    files[lock.NAME] = lock.lock_text({}, "r", {}, "0", files)
    return files


class Out(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.place = tempfile.mkdtemp(prefix="stackgen-machine-")
        self.out = os.path.join(self.place, "out")
        os.mkdir(self.out)
        self.may_be: list[Environments] = [{}]  # what `out/` may hold; one, once it is settled
        self.foreign: dict[str, bytes] = {}
        self.settled = True

    def teardown(self) -> None:
        self.next_command()
        shutil.rmtree(self.place)

    def _after(self, wanted: Environments) -> Environments:
        both = {**self.may_be[0], **wanted}
        return {env: files for env, files in both.items() if files}

    def _is_refused(self, wanted: Environments) -> bool:
        """Whether a file of others stands where one is to be written."""
        return any(f"{env}/{name}" in self.foreign for env, fs in wanted.items() for name in fs)

    @rule(given=WANTED)
    def a_build(self, given: Mapping[str, tuple[set[int], int]]) -> None:
        self.next_command()
        wanted = {env: rendered(*what) for env, what in given.items()}
        try:
            build(self.out, wanted)
        except UsageError:
            assert self._is_refused(wanted)
        else:
            self.may_be = [self._after(wanted)]

    @rule(
        given=WANTED, at=CALLS, after=st.booleans(), two_steps=st.booleans(),
        fault=st.sampled_from([0, errno.EIO, errno.ENOSPC]),
    )  # fmt: skip
    def a_build_that_is_cut_off(
        self, given: Mapping[str, tuple[set[int], int]], at: int, after: bool, two_steps: bool,
        fault: int,
    ) -> None:  # fmt: skip
        self.next_command()
        wanted = {env: rendered(*what) for env, what in given.items()}
        pid = os.fork()
        if pid == 0:
            code = 0
            try:
                begin = journal.begin

                def hooked(*arguments: Any) -> None:
                    begin(*arguments)
                    _hook(at, lambda: _end(fault), after, two_steps)

                journal.begin = hooked
                build(self.out, wanted)
            except UsageError:
                code = 2
            except BaseException:
                code = 3
            os._exit(code)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        assert code in (0, 2, -signal.SIGKILL)
        if not self._is_refused(wanted):
            new = self._after(wanted)
            self.may_be = [new] if code == 0 else [self.may_be[0], new]
        self.settled = False

    @rule(env=NAMES, name=PLACES, text=st.binary(min_size=1, max_size=4))
    def a_file_of_others(self, env: str, name: str, text: bytes) -> None:
        file = Path(self.out, env, name)
        if file.exists() or (not self.settled and f"{env}/{name}" in self.foreign):
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        content = b"of others %d " % len(self.foreign) + text
        file.write_bytes(content)
        self.foreign[f"{env}/{name}"] = content

    @precondition(lambda self: not self.settled)
    @rule()
    def next_command(self) -> None:
        settle(self.out)
        self.settled = True
        found = contents(self.out)
        assert not any(name.startswith(journal.WORK) for name in found)
        assert not os.path.lexists(os.path.join(self.out, journal.WORK))
        texts = set(found.values())
        assert set(self.foreign.values()) <= texts
        theirs = set(self.foreign.values())
        ours = {name: text for name, text in found.items() if text not in theirs}
        possible = [
            {f"{env}/{name}": text for env, files in one.items() for name, text in files.items()}
            for one in self.may_be
        ]
        assert ours in possible
        self.may_be = [self.may_be[possible.index(ours)]]
        # A file of others whose place was taken has a place beside it.
        kept = {name for name in found if f"/{discard.KEPT}/" in name}
        self.foreign = {name: text for name, text in found.items() if text in theirs}
        assert kept <= set(self.foreign)

    @invariant()
    def nothing_waits_where_nothing_was_cut_off(self) -> None:
        if self.settled:
            assert not os.path.lexists(os.path.join(self.out, journal.WORK))


def _end(fault: int) -> None:
    if not fault:
        os.kill(os.getpid(), signal.SIGKILL)
    raise OSError(fault, os.strerror(fault))


Out.TestCase.settings = settings(
    max_examples=50, stateful_step_count=15, deadline=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
TestOut = Out.TestCase
