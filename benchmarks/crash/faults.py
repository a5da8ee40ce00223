"""A child process that is killed, or in which a call fails, at a counted call to the system."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

from stackgen.errors import UsageError
from stackgen.tree import journal, system, write

CALLS = (
    "rename", "unlink", "write", "fsync", "mkdir", "rmdir", "link", "open", "listdir", "scandir",
    "chmod", "utime",
)  # fmt: skip
# What only looks at names. A kill there is one between two of the others; a failure is not.
READS = ("stat", "lstat", "listdir", "scandir", "readlink")
EXCHANGE = "exchange_names"
_GROUPS = (os.supports_dir_fd, os.supports_fd, os.supports_follow_symlinks)


def hook(
    at: int, act: Callable[[], None], after: bool, two_steps: bool, names: Sequence[str] = CALLS
) -> list[int]:
    """Replace the calls `names` by ones that count; at the call `at`, `act` is done.

    two_steps: two names cannot be exchanged in one call, as on some systems. Returns a list with
    the count. Use it in a child process: nothing undoes it.
    """
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

    for name in names:
        real: Any = getattr(os, name)
        wrapped = counted(real)
        for group in _GROUPS:  # what the library asks about a function before it uses it
            if real in group:
                group.add(wrapped)
        setattr(os, name, wrapped)
    exchange = (lambda *_: False) if two_steps else system.exchange_names
    setattr(journal, EXCHANGE, counted(exchange))
    return count


def hook_write(
    at: int, act: Callable[[], None], after: bool, two_steps: bool, names: Sequence[str] = CALLS
) -> list[list[int]]:
    """As `hook`, for the calls from the time that the folder is held: those before only read."""
    counts: list[list[int]] = []
    real = write.alone

    def held(path: str) -> AbstractContextManager[None]:
        counts.append(hook(at, act, after, two_steps, names))
        return real(path)

    write.alone = held  # type: ignore[assignment]
    return counts


def end(fault: int) -> None:
    """Kill this process, or fail with an error of the system."""
    if not fault:
        os.kill(os.getpid(), signal.SIGKILL)
    raise OSError(fault, os.strerror(fault))


def child(run: Callable[[], None]) -> int:
    """Run in a child process: its exit code as that of the program, or minus its signal."""
    pid = os.fork()
    if pid == 0:
        code = 0
        try:
            run()
        except UsageError:
            code = 2
        except BaseException:
            code = 3
        os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def calls(run: Callable[[], None], two_steps: bool, names: Sequence[str] = CALLS) -> int:
    """How many calls an undisturbed run makes."""
    reader, writer = os.pipe()

    def counting() -> None:
        counts = hook_write(0, lambda: None, False, two_steps, names)
        run()
        ((total,),) = counts
        os.write(writer, str(total).encode())

    code = child(counting)
    os.close(writer)
    with os.fdopen(reader) as stream:
        said = stream.read()
    assert code == 0, f"an undisturbed run ended with {code}"
    return int(said)
