"""What a kill or a failing call leaves of `out/`: `python -m benchmarks.crash`.

A child process exchanges three environments (one changed, one new, one removed) that hold files of
others. It is killed, or a call to the system fails, before or after a call that is counted, or at a
random time. Then the next command runs (or `git checkout` and then it), and what is in `out/` is
compared with the old and the new state.
"""

from __future__ import annotations

import argparse
import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stackgen.errors import UsageError
from stackgen.manifest.yaml_out import HEADER
from stackgen.tree import journal, lock, stage, system
from stackgen.tree.compare import compare
from stackgen.tree.stage import Replacement
from stackgen.tree.write import alone, replace, settle

CALLS = (
    "rename", "unlink", "write", "fsync", "mkdir", "rmdir", "link", "open", "listdir", "scandir",
)  # fmt: skip
EXCHANGE = "exchange_names"
FAULTS = (errno.EIO, errno.ENOSPC)
STACK = Path(__file__).parents[1] / "stack.yaml"
FOREIGN = {"dev/NOTES.md": "notes", "dev/team/own.yaml": "kind: Own\n", "old/keep.txt": "keep"}
State = dict[str, bytes]


def _files(*texts: str) -> dict[str, bytes]:
    files = {f"{i}/file-{t}.yaml": f"{HEADER}\n{t}\n".encode() for i, t in enumerate(texts)}
    files["kustomization.yaml"] = f"{HEADER}\n{' '.join(texts)}\n".encode()
    files[lock.NAME] = lock.lock_text({}, "r", {}, "0", files)
    return files


OLD = {"dev": _files("a", "b"), "old": _files("c"), "same": _files("d")}
NEW: dict[str, dict[str, bytes]] = {"dev": _files("a", "x"), "new": _files("e"), "old": {}}


def build(out: str, wanted: dict[str, dict[str, bytes]]) -> None:
    """What `stackgen build` does with `out/` when everything is compiled."""
    with alone(out):
        replace(
            Replacement(os.path.join(out, env), files, compare(os.path.join(out, env), files))
            for env, files in wanted.items()
        )


def contents(out: str) -> State:
    """Every file below `out` with its bytes, the work folder included."""
    root = Path(out)
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def _plant(out: str) -> None:
    for name, text in FOREIGN.items():
        file = Path(out, name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def _prepared(place: str) -> str:
    out = os.path.join(place, "out")
    build(out, OLD)
    _plant(out)
    return out


def _hook(at: int, act: Callable[[], None], after: bool, two_steps: bool) -> list[int]:
    """Replace the calls by ones that count; at the call `at`, `act` is done."""
    count = [0]

    def counted(real: Callable[..., Any]) -> Callable[..., Any]:
        def called(*args: Any, **kwargs: Any) -> Any:
            count[0] += 1
            here = count[0] == at
            if here and not after:
                act()
            result = real(*args, **kwargs)
            if here and after:
                act()
            return result

        return called

    for name in CALLS:
        wrapped = counted(getattr(os, name))
        supports: Any = {os.rename, os.unlink, os.open, os.mkdir, os.rmdir, os.link, os.listdir}
        known = getattr(os, name) in supports
        for group in (os.supports_dir_fd, os.supports_fd, os.supports_follow_symlinks):
            if known and getattr(os, name) in group:
                group.add(wrapped)
        setattr(os, name, wrapped)
    exchange = (lambda *_: False) if two_steps else system.exchange_names
    setattr(journal, EXCHANGE, counted(exchange))
    return count


def _child(out: str, at: int, fault: int, after: bool, two_steps: bool) -> int:
    """Build in a child process; its exit code, or minus the signal that ended it."""
    pid = os.fork()
    if pid == 0:
        code = 0

        def act() -> None:
            if not fault:
                os.kill(os.getpid(), signal.SIGKILL)
            raise OSError(fault, os.strerror(fault))

        try:
            _hook(at, act, after, two_steps)
            build(out, NEW)
        except UsageError:
            code = 2
        except BaseException:
            code = 3
        os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def calls(two_steps: bool) -> int:
    """How many calls an undisturbed exchange makes."""
    with tempfile.TemporaryDirectory() as place:
        out = _prepared(place)
        reader, writer = os.pipe()
        if os.fork() == 0:
            count = _hook(0, lambda: None, False, two_steps)
            build(out, NEW)
            total = count[0]
            os.write(writer, str(total).encode())
            os._exit(0)
        os.wait()
        return int(os.read(reader, 20))


def judge(out: str, old: State, new: State) -> list[str]:
    """What is wrong with `out/` after the next command."""
    found = contents(out)
    wrong = []
    own = {n: c for n, c in found.items() if n not in FOREIGN}
    allowed = [{n: c for n, c in state.items() if n not in FOREIGN} for state in (old, new)]
    litter = [n for n in os.listdir(out) if n.startswith(".")]
    litter += [n for n in found if stage.MARK in n or "stackgen-kept" in n]
    if litter:
        wrong.append("litter")
    if own not in allowed:
        wrong.append("missing" if any(set(own) < set(s) for s in allowed) else "mixed")
    if any(found.get(n) != text.encode() for n, text in FOREIGN.items()):
        wrong.append("foreign lost")
    return wrong


def _references() -> tuple[State, State]:
    with tempfile.TemporaryDirectory() as place:
        out = _prepared(place)
        old = contents(out)
        build(out, NEW)
        return old, contents(out)


def _git(place: str, *arguments: str) -> None:
    subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", *arguments],
        cwd=place, check=True, capture_output=True,
    )  # fmt: skip


def _trial(
    template: str, states: tuple[State, State], at: int, fault: int, after: bool,
    two_steps: bool, checkout: bool,
) -> tuple[int, list[str]]:  # fmt: skip
    with tempfile.TemporaryDirectory() as top:
        place = os.path.join(top, "repository")
        shutil.copytree(template, place, symlinks=True)
        out = os.path.join(place, "out")
        code = _child(out, at, fault, after, two_steps)
        if checkout:
            _git(place, "checkout", "-q", "--", "out")
        settle(out)
        if checkout:
            # Git knows only the old tree: what it may have mixed in, the next build puts right.
            build(out, NEW)
        wrong = judge(out, *states)
        if code == 3:
            wrong.append("fault")
        if code == 2 and not checkout and contents(out) not in states:
            wrong.append("mixed")
        return code, wrong


def _random_times(
    template: str, states: tuple[State, State], number: int, seed: int
) -> Counter[str]:
    found: Counter[str] = Counter()
    chance = random.Random(seed)
    for _ in range(number):
        with tempfile.TemporaryDirectory() as top:
            place = os.path.join(top, "repository")
            shutil.copytree(template, place, symlinks=True)
            out = os.path.join(place, "out")
            pid = os.fork()
            if pid == 0:
                build(out, NEW)
                os._exit(0)
            time.sleep(chance.random() * 0.05)
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            settle(out)
            found.update(["kills", *judge(out, *states)])
    return found


def _whole_builds(number: int, seed: int) -> Counter[str]:
    """`stackgen build` itself, killed at a random time; then `stackgen build --check`."""
    found: Counter[str] = Counter()
    chance = random.Random(seed)
    command = [sys.executable, "-m", "stackgen"]
    with tempfile.TemporaryDirectory() as place:
        shutil.copy(STACK, place)
        shutil.copytree(STACK.parent / "overlays", os.path.join(place, "overlays"))
        spec = Path(place, "stack.yaml")
        texts = (spec.read_text(), spec.read_text().replace("llmd-istio-tpu", "other"))
        states = []
        begun = time.monotonic()
        for text in texts:
            spec.write_text(text)
            subprocess.run([*command, "build"], cwd=place, check=True, capture_output=True)
            states.append(contents(os.path.join(place, "out")))
        took = (time.monotonic() - begun) / 2
        for i in range(number):
            spec.write_text(texts[i % 2])
            process = subprocess.Popen(
                [*command, "build"], cwd=place,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            time.sleep(took * (0.6 + 0.4 * chance.random()))
            process.kill()
            process.wait()
            subprocess.run(
                [*command, "build", "--check"], cwd=place, capture_output=True, check=False
            )
            wrong = [] if contents(os.path.join(place, "out")) in states else ["mixed"]
            found.update(["kills", *wrong])
    return found


def main(arguments: list[str] | None = None) -> int:
    """Run every kind of trial and print counts; 1 when something was wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=1000, help="kills and faults in all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--builds", type=int, default=10, help="kills of whole builds, besides")
    given = parser.parse_args(arguments)
    chance = random.Random(given.seed)
    states = _references()
    rows: list[tuple[str, Counter[str]]] = []
    with tempfile.TemporaryDirectory() as template:
        _prepared(template)
        _git(template, "init", "-q")
        _git(template, "add", *(f"out/{e}/{n}" for e, files in OLD.items() for n in files))
        _git(template, "commit", "-qm", "old")
        random_kills = given.kills // 5
        plans = [
            (at, fault, after, two_steps, checkout)
            for two_steps in (False, True)
            for at in range(1, calls(two_steps) + 1)
            for fault, after, checkout in (
                (0, False, False), (0, True, False), (0, True, True),
                *((fault, False, False) for fault in FAULTS),
            )
        ]  # fmt: skip
        chance.shuffle(plans)
        counts: dict[str, Counter[str]] = {}
        for at, fault, after, two_steps, checkout in plans[: given.kills - random_kills]:
            what = errno.errorcode[fault] if fault else "SIGKILL"
            how = "two renames" if two_steps else "exchange"
            name = f"{what} at a call, {how}{', then git checkout' if checkout else ''}"
            _, wrong = _trial(template, states, at, fault, after, two_steps, checkout)
            if wrong:
                print(f"  call {at}, {name}, {'after' if after else 'before'}: {', '.join(wrong)}")
            counts.setdefault(name, Counter()).update(["kills", *wrong])
        rows = sorted(counts.items())
        found = _random_times(template, states, random_kills, given.seed)
        rows.append(("SIGKILL at a random time", found))
    if given.builds:
        rows.append(("SIGKILL of whole builds", _whole_builds(given.builds, given.seed)))
    kinds = ("kills", "mixed", "missing", "litter", "foreign lost", "fault")
    print(f"{'':52}" + "".join(f"{k:>14}" for k in kinds))
    for name, counted in rows:
        print(f"{name:52}" + "".join(f"{counted[k]:>14}" for k in kinds))
    total: Counter[str] = sum((c for _, c in rows), Counter())
    print(f"{'in all':52}" + "".join(f"{total[k]:>14}" for k in kinds))
    return 1 if any(total[k] for k in kinds[1:]) else 0


if __name__ == "__main__":
    sys.exit(main())
