"""Any sequence of builds, kills, failures and files of others leaves `out/` whole.

A kill or a failing call hits an exchange, or the recovery from one, at any counted call to the
system. The next command must find the environments of before or of after, every file of others,
and nothing else. Faults that are planted in the exchange show that the machine finds them.
"""

from __future__ import annotations

import errno
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from benchmarks.crash.faults import EXCHANGE, child, end, hook
from benchmarks.crash.writers import build, contents
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

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
SEVERAL = st.dictionaries(
    NAMES, st.tuples(st.sets(st.integers(0, 3), max_size=2), st.integers(0, 2)), min_size=2
)
FAULTS = st.sampled_from([0, errno.EIO, errno.ENOSPC])
TEXTS = st.binary(min_size=1, max_size=4)
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

    @rule(given=WANTED, at=CALLS, after=st.booleans(), two_steps=st.booleans(), fault=FAULTS)
    def a_build_that_is_cut_off(
        self, given: Mapping[str, tuple[set[int], int]], at: int, after: bool, two_steps: bool,
        fault: int,
    ) -> None:  # fmt: skip
        def cut_off() -> None:
            hook(at, lambda: end(fault), after, two_steps)

        self._build_hooked(given, cut_off)

    @rule(
        given=SEVERAL,
        number=st.integers(1, 3),
        undone=st.integers(0, 2),
        two_steps=st.booleans(),
        files=st.sets(st.tuples(NAMES, PLACES), max_size=3),
        text=TEXTS,
    )
    def a_kill_between_two_exchanges_and_files_of_others(
        self,
        given: Mapping[str, tuple[set[int], int]],
        number: int,
        undone: int,
        two_steps: bool,
        files: set[tuple[str, str]],
        text: bytes,
    ) -> None:
        """Some environments are exchanged, some of them exchanged back, and others write there."""

        def killed_after_an_exchange() -> None:
            if two_steps:
                setattr(journal, EXCHANGE, lambda *_: False)
            _kill_after(number, "exchange")

        def killed_after_an_undo() -> None:
            _kill_after(undone, "_undo")
            settle(self.out)

        self._build_hooked(given, killed_after_an_exchange)
        if undone:
            assert child(killed_after_an_undo) in (0, -signal.SIGKILL)
        for env, name in sorted(files):
            self.a_file_of_others(env, name, text)

    def _build_hooked(
        self, given: Mapping[str, tuple[set[int], int]], hooked: Callable[[], None]
    ) -> None:
        """Build in a child; `hooked` runs there when the exchange begins."""
        self.next_command()
        wanted = {env: rendered(*what) for env, what in given.items()}

        def run() -> None:
            begin = journal.begin

            def begin_and_hook(*arguments: Any) -> None:
                begin(*arguments)
                hooked()

            setattr(journal, "begin", begin_and_hook)  # noqa: B010
            build(self.out, wanted)

        code = child(run)
        assert code in (0, 2, -signal.SIGKILL)
        if not self._is_refused(wanted):
            new = self._after(wanted)
            self.may_be = [new] if code == 0 else [self.may_be[0], new]
        self.settled = False

    @precondition(lambda self: not self.settled)
    @rule(at=CALLS, after=st.booleans(), fault=FAULTS)
    def a_next_command_that_is_cut_off(self, at: int, after: bool, fault: int) -> None:
        def run() -> None:
            hook(at, lambda: end(fault), after, False)
            settle(self.out)

        assert child(run) in (0, 2, -signal.SIGKILL)

    @rule(env=NAMES, name=PLACES, text=TEXTS)
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


def _kill_after(number: int, step: str) -> None:
    """Kill this process after a step of the exchange that is called the `number`-th time."""
    real, count = getattr(journal, step), [0]

    def counted(*arguments: Any) -> None:
        real(*arguments)
        count[0] += 1
        if count[0] == number:
            end(0)

    setattr(journal, step, counted)


Out.TestCase.settings = settings(
    max_examples=20, stateful_step_count=12, deadline=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
TestOut = Out.TestCase


def carried_and_lost(name: str, path: str, live: str) -> bool:
    """A file of others that is removed, and not moved to its place."""
    os.unlink(path)
    return True


def half_an_undo(out: str, entries: Mapping[str, Any]) -> None:
    for env, entry in list(entries.items())[:1]:
        journal._undo(out, env, entry)
    journal.commit(out)


def no_undo_after_two_renames(out: str, env: str, entry: Any) -> None:
    """The folder that was is dropped where the new one has its place."""
    if not os.path.lexists(os.path.join(out, env)):
        UNDO(out, env, entry)


def an_undo_that_is_not_resumed(out: str, entries: Mapping[str, Any]) -> None:
    """The note that all is right comes before the steps."""
    journal.commit(out)
    for env, entry in entries.items():
        journal._undo(out, env, entry)


UNDO = journal._undo


@pytest.mark.parametrize(
    ("module", "name", "fault"),
    [
        (discard, "_carry", carried_and_lost),
        (journal, "undo", half_an_undo),
        (journal, "_undo", no_undo_after_two_renames),
        (journal, "undo", an_undo_that_is_not_resumed),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_the_machine_finds_a_planted_fault(
    monkeypatch: pytest.MonkeyPatch, module: Any, name: str, fault: Callable[..., Any]
) -> None:
    monkeypatch.setattr(module, name, fault)
    once = settings(
        Out.TestCase.settings, max_examples=40, phases=[Phase.generate], derandomize=True,
        database=None,
    )  # fmt: skip
    with pytest.raises(AssertionError):
        run_state_machine_as_test(Out, settings=once)
