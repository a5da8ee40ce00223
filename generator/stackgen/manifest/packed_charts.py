"""Charts as `helm dependency build` leaves them in `charts/`: gzipped tar archives."""

from __future__ import annotations

import io
import os
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from stackgen.errors import UsageError
from stackgen.reading import read_bytes

SUFFIX = ".tgz"
# Of an archive: bytes packed, bytes of all files that are kept, and members that are looked at.
MAX_PACKED, MAX_UNPACKED, MAX_MEMBERS = 4 << 20, 16 << 20, 4000
_KEPT = (".yaml", ".yml", ".tpl", ".txt", ".json")


@contextmanager
def unpacked(archive: str) -> Iterator[str]:
    """The folder of the chart in an archive, while it is needed; "" if it cannot be read.

    Only text files within the chart are written, and to a temporary folder.
    """
    with tempfile.TemporaryDirectory() as temporary:
        try:
            folder = _written(archive, temporary)
        except (OSError, EOFError, tarfile.TarError, zlib.error, UsageError):
            folder = ""
        yield folder


def _written(archive: str, temporary: str) -> str:
    total, chart = 0, ""
    raw = io.BytesIO(read_bytes(archive, limit=MAX_PACKED))
    with tarfile.open(fileobj=raw, mode="r:gz") as members:
        for number, member in enumerate(members):
            parts = member.name.split("/")
            total += member.size
            if number >= MAX_MEMBERS or total > MAX_UNPACKED:
                return ""
            plain = all(part not in ("", ".", "..") for part in parts)
            if not member.isreg() or not plain or not member.name.endswith(_KEPT):
                continue
            content = members.extractfile(member)
            if content is None or len(parts) < 2:
                continue
            file = os.path.join(temporary, *parts)
            os.makedirs(os.path.dirname(file), exist_ok=True)
            with open(file, "wb") as stream:
                stream.write(content.read(MAX_UNPACKED))
            chart = chart or os.path.join(temporary, parts[0])
    return chart
