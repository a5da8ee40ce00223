"""Write generator/stackgen/catalog/engines/platform-variables.json from the packages of backends.

python tools/engines/platform_variables.py BACKEND=PACKAGE,... ...

BACKEND is torch_xla, jax or torchtpu. PACKAGE is a wheel that images with this backend contain, as
`pip download --no-deps` writes it: of jax, those of tpu-inference, jax, jaxlib, libtpu, tpu-info.
A variable counts as read where a Python file or a shared library names it; tests do not count. What
no package names, nothing in the image reads. Nothing is run.
"""

from __future__ import annotations

import json
import re
import sys
import zipfile
from datetime import date
from pathlib import Path

OUTPUT = (
    Path(__file__).parents[2] / "generator" / "stackgen" / "catalog" / "engines"
    / "platform-variables.json"
)  # fmt: skip
# The variables of the device that stacks render or manifests often set. Those of the server are in
# ENGINE.json. JAX makes names of its own settings, which no file has.
NAMES = (
    "PJRT_DEVICE", "TPU_ACCELERATOR_TYPE", "TPU_CHIPS_PER_HOST_BOUNDS",
    "TPU_CHIPS_PER_PROCESS_BOUNDS", "TPU_HOST_BOUNDS", "TPU_NUM_DEVICES", "TPU_PROCESS_ADDRESSES",
    "TPU_PROCESS_BOUNDS", "TPU_SKIP_MDS_QUERY", "TPU_TOPOLOGY", "TPU_VISIBLE_CHIPS",
    "TPU_WORKER_HOSTNAMES", "TPU_WORKER_ID",
)  # fmt: skip
_WORDS = {
    name: re.compile(rb"(?<![A-Za-z0-9_])%b(?![A-Za-z0-9_])" % name.encode()) for name in NAMES
}
_CODE = re.compile(r"(?!tests/|.*/tests/|.*test_[^/]*\.py).*(\.py|\.so(\.\d+)*)")
_PACKAGE = re.compile(r"(?:.*/)?([A-Za-z0-9_]+?)-(\d+(?:\.\d+)+)-.*\.whl")


def main(arguments: list[str]) -> int:
    """0 when the file was written, 2 for wrong usage."""
    given = dict(argument.partition("=")[::2] for argument in arguments)
    if not given or not all(given.values()):
        sys.stderr.write((__doc__ or "").split("\n\n")[1] + "\n")
        return 2
    backends = {}
    for backend, files in sorted(given.items()):
        packages, read = [], set()
        for file in files.split(","):
            match = _PACKAGE.fullmatch(file)
            if match is None:
                sys.stderr.write(f"{file} is not named as a wheel\n")
                return 2
            packages.append(f"{match[1].replace('_', '-')} {match[2]}")
            read |= _read(file)
        backends[backend] = {"packages": packages, "read": sorted(read)}
    document = {
        "source": "names in the wheels of the packages on PyPI",
        "as_of": date.today().isoformat(),
        "names": list(NAMES),
        "backends": backends,
    }
    OUTPUT.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return 0


def _read(file: str) -> set[str]:
    """The names that the code of a wheel has."""
    found: set[str] = set()
    with zipfile.ZipFile(file) as wheel:
        for path in wheel.namelist():
            if _CODE.fullmatch(path):
                data = wheel.read(path)
                # The plain search is many times as fast.
                near = (name for name in NAMES if name.encode() in data)
                found |= {name for name in near if _WORDS[name].search(data)}
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
