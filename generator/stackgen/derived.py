"""Data that is derived from files of the program: read where it was kept, or else derived and kept.

To derive it takes longer than most commands. A wheel has it built in. A checkout keeps it as Python
keeps compiled modules: in `__pycache__`, while the size and the time of each source are the same,
and only where Python may write.
"""

from __future__ import annotations

import json
import marshal
import os
import sys
from collections.abc import Callable, Sequence
from importlib.util import cache_from_source
from typing import Any

from stackgen import __version__

ENDING = ".json"


def derived(name: str, sources: Sequence[str], derive: Callable[[], Any]) -> Any:
    """What `derive` makes of the files `sources`: plain data, as JSON has it.

    name: the path of the file that a wheel has, without its ending. sources: with the modules that
    derive the data, which is kept beside the first. Raises what `derive` raises.
    """
    try:
        with open(name + ENDING, "rb") as stream:
            return json.loads(stream.read())
    except OSError:
        pass
    kept = beside(sources[0], os.path.basename(name))
    head = _head(sources)
    try:
        with open(kept, "rb") as stream:
            if stream.readline() == head:
                return marshal.loads(stream.read())
    except (OSError, ValueError, EOFError, TypeError):
        pass
    found = derive()
    if not sys.dont_write_bytecode:
        keep_whole(kept, head + marshal.dumps(found))
    return found


def _head(files: Sequence[str]) -> bytes:
    """A line that is another one after a change of the files or of stackgen."""
    stamps = [[known.st_mtime_ns, known.st_size] for known in map(os.stat, files)]
    return json.dumps([__version__, stamps]).encode() + b"\n"


def beside(source: str, name: str) -> str:
    """Where this Python keeps data called `name`, beside the compiled `source`."""
    folder = os.path.dirname(cache_from_source(source))
    return os.path.join(folder, f"{name}.{sys.implementation.cache_tag}.data")


def keep_whole(path: str, content: bytes) -> None:
    """Write the file whole, or not at all."""
    beside = f"{path}.{os.getpid()}"
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(beside, "xb") as stream:
            stream.write(content)
        os.replace(beside, path)
    except OSError:  # such as an installation that only another user may change
        return
