"""Write generator/stackgen/catalog/engines/ENGINE.json from the source of an engine.

python tools/engines/from_clone.py ENGINE CLONE VERSION...

ENGINE is tei (huggingface/text-embeddings-inference), tgi (huggingface/text-generation-inference)
or ollama (ollama/ollama), CLONE a clone with its tags, VERSION a tag without `v`. Nothing is built
or run.
What the file says of `replaced` options is kept, and its `rules` too: they are written by hand.
"""

from __future__ import annotations

import re
import subprocess
import sys

import clap_source
from engine_file import save

# By engine, the repository, and the file with the struct that clap fills; "" for a Go program.
_ENGINES = {
    "tei": ("huggingface/text-embeddings-inference", "router/src/main.rs"),
    "tgi": ("huggingface/text-generation-inference", "launcher/src/main.rs"),
    "ollama": ("ollama/ollama", ""),
}
_GO_VARIABLE = re.compile(r'"((?:OLLAMA|LLAMA_ARG|HIP|ROCR|CUDA|GPU|GGML|HSA)_[A-Z0-9_]+)"')


def main(arguments: list[str]) -> int:
    """0 when the file was written, 2 for wrong usage."""
    if len(arguments) < 3 or arguments[0] not in _ENGINES:
        sys.stderr.write((__doc__ or "").split("\n\n")[1] + "\n")
        return 2
    name, clone, *versions = arguments
    repository, struct = _ENGINES[name]
    options: dict[str, dict[str, str]] = {}
    variables: dict[str, dict[str, str]] = {}
    for version in versions:
        tag = f"v{version}"
        if struct:
            enums = clap_source.enums(_git(clone, "grep", "-h", "-A80", "enum ", tag, "--", "*.rs"))
            source = _git(clone, "show", f"{tag}:{struct}")
            parsed = list(clap_source.arguments(source, enums))
            options[version] = {one.name: one.kind for one in parsed}
            variables[version] = {one.variable: one.kind for one in parsed if one.variable}
        else:
            found = _git(
                clone, "grep", "-hoE", '"[A-Z][A-Z0-9_]+"', tag, "--", "*.go", ":!*_test.go"
            )
            options[version] = {}
            variables[version] = dict.fromkeys(_GO_VARIABLE.findall(found), "text")
    source = f"{repository}, tags v{versions[0]} to v{versions[-1]}"
    save(name, source, versions, options, variables)
    return 0


def _git(clone: str, *arguments: str) -> str:
    """What Git prints. Raises CalledProcessError when it fails."""
    command = ["git", "-C", clone, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
