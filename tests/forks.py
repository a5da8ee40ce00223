"""A process that has imported stackgen, and forks for each command that a test runs.

To import stackgen takes a third of a short command, and the tests run a thousand of them. The
process itself first runs a few commands on two stacks, so that each command finds what stackgen
read of its own data and compiled for them. That takes a third less. Nothing is left of the commands
of other tests.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import pkgutil
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import IO, Any

_SIZE = struct.Struct("!q")
_STREAMS = 3
_PATTERN = os.path.join("generator", "stackgen", "patterns", "llm-d-multi-host")
_ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def run(
    arguments: Sequence[str], cwd: str, env: Mapping[str, str], streams: Sequence[IO[bytes]]
) -> int:
    """The exit code of stackgen with such arguments.

    streams: files that are its standard input, output and error.
    """
    parent = _started()
    asked = json.dumps({"arguments": list(arguments), "cwd": cwd, "env": dict(env)}).encode()
    socket.send_fds(parent, [_SIZE.pack(len(asked))], [one.fileno() for one in streams])
    parent.sendall(asked)
    answer = _exactly(parent, _SIZE.size)
    if not answer:
        raise RuntimeError("the process that forks has ended")
    return int(_SIZE.unpack(answer)[0])


@lru_cache(maxsize=1)
def _started() -> socket.socket:
    """The end of a connection whose other end a new process of this module has."""
    here, there = socket.socketpair()
    with there:
        subprocess.Popen(
            [sys.executable, "-c", f"from tests.forks import serve; serve({there.fileno()})"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, pass_fds=[there.fileno()],
            env={**os.environ, "PYTHONIOENCODING": "utf-8", "PYTHONPATH": _ROOT}, cwd=_ROOT,
        )  # fmt: skip
    return here


def _exactly(connection: socket.socket, size: int) -> bytes:
    """So many bytes, or none from a connection that is closed."""
    parts: list[bytes] = []
    while size:
        part = connection.recv(size)
        if not part:
            return b""
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def serve(number: int) -> None:
    """Run what is asked on the connection with this file descriptor, until it is closed."""
    _import_all()
    _run_some()
    gc.collect()
    gc.freeze()  # what is shared with the children stays shared
    with socket.socket(fileno=number) as connection:
        while True:
            size, streams, _, _ = socket.recv_fds(connection, _SIZE.size, _STREAMS)
            if not size:
                return
            asked = json.loads(_exactly(connection, _SIZE.unpack(size)[0]))
            child = os.fork()
            if child == 0:
                connection.close()
                _become(asked, streams)
            for stream in streams:
                os.close(stream)
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            connection.sendall(_SIZE.pack(code))


def _import_all() -> None:
    import stackgen

    for found in pkgutil.walk_packages(stackgen.__path__, "stackgen."):
        if not found.name.endswith(".__main__"):
            importlib.import_module(found.name)


def _run_some() -> None:
    """Run commands on stacks of two platforms, for what they leave in the caches of modules."""
    from stackgen.cli.main import cli
    from stackgen.redact import forget

    with (
        tempfile.TemporaryDirectory() as place,
        open(os.devnull, "w", encoding="utf-8") as nothing,
        contextlib.redirect_stdout(nothing),
        contextlib.redirect_stderr(nothing),
    ):
        stack = os.path.join(place, "stack")
        shutil.copytree(os.path.join(_ROOT, _PATTERN), stack)
        for arguments in (
            ["build", "-C", _ROOT, "--check"],
            ["lint", "-C", _ROOT, os.path.join("out", "prod")],
            ["build", "-C", stack],
            ["lint", "-C", stack, "out"],
        ):
            cli.main(arguments, standalone_mode=False)
    forget()


def _become(asked: dict[str, Any], streams: Sequence[int]) -> None:
    """Be `python -m stackgen` in this process, to its end."""
    from stackgen.start import run as start

    code = 1
    try:
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
        os.chdir(asked["cwd"])
        os.environ.clear()
        os.environ.update(asked["env"])
        sys.argv = ["stackgen", *asked["arguments"]]
        sys.path[0] = asked["cwd"]
        start()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
