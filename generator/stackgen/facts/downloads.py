"""Models of Hugging Face that commands of containers download, and into which folder."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.facts.containers import environment, words
from stackgen.regex import regex

_COMMAND = regex(r"\b(?:huggingface-cli|hf)\s+download\s+(?P<rest>[^\n;&|]+)")
_FOLDER = regex(r"--(?:local-dir|cache-dir)[=\s]+[\"']?(?P<folder>/[^\s\"']*)")
_MODEL = regex(r"(?:\A|\s)[\"']?(?P<model>[\w.-]+/[\w.-]+)[\"']?(?=\s|\Z)")
_PYTHON = regex(r"\bsnapshot_download\((?P<rest>[^()]*)\)")
_PYTHON_MODEL = regex(r"\A\s*(?:repo_id\s*=\s*)?[\"'](?P<model>[\w.-]+/[\w.-]+)[\"']")
_PYTHON_FOLDER = regex(r"\b(?:local_dir|cache_dir)\s*=\s*[\"'](?P<folder>/[^\"']*)[\"']")
# What makes a folder the copy of one of a bucket, and what may give it another name afterwards.
_COPY = regex(
    r"\b(?:gcloud\s+storage\s+rsync|gsutil\s+(?:-m\s+)?rsync|aws\s+s3\s+sync)\s(?:\s*-[\w-]+)*\s*"
    r"[\"']?(?:gs|s3)://[^\s\"']+[\"']?\s+[\"']?(?P<folder>/[^\s\"';&|]+)"
)
_MOVED = regex(r"\b(?:mv|ln|cp|tar|cd|unzip)\b")
# With these, only some files are downloaded.
_SOME = ("--include", "--exclude", "allow_patterns", "ignore_patterns", "datasets/", "--repo-type")
_VARIABLE = regex(r"\$\(([A-Za-z_]\w*)\)|\$\{([A-Za-z_]\w*)\}|\$([A-Za-z_]\w*)")
_LONG = 20_000  # characters of a script


def downloads(container: Mapping[str, Any], parts: bool = False) -> Iterator[tuple[str, str]]:
    """The id of each model that is downloaded in whole, or with `parts` in part, and its folder."""
    for model, folder, rest in _downloads(container):
        if folder and (parts or not any(word in rest for word in _SOME)):
            yield model, folder


def hub_models(container: Mapping[str, Any]) -> Iterator[str]:
    """The id of each model that a command downloads from Hugging Face, in whole or in part."""
    return (model for model, _, _ in _downloads(container))


def _downloads(container: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """The model, the folder if one is named, and the options of each download."""
    said = [word for _, word in words(container)]
    script = "\n".join(word for word in said if len(word) > 1)
    if "download" not in script or len(script) > _LONG:
        return
    env = environment(container)

    def value(found: re.Match[str]) -> str:
        return env.get(found[1] or found[2] or found[3]) or found[0]

    filled = _VARIABLE.sub(value, script.replace("\\\n", " "))
    inline = _VARIABLE.sub(value, " ".join(said))
    for whole, model, folder in (
        (_COMMAND, _MODEL, _FOLDER),
        (_PYTHON, _PYTHON_MODEL, _PYTHON_FOLDER),
    ):
        # The words of a command without a shell are a line.
        lines = (filled, inline) if "\n" in filled else (filled,)
        for found in (one for line in lines for one in whole.finditer(line)):
            rest = found["rest"]
            named, into = model.search(rest), folder.search(rest)
            if named:
                yield named["model"], into["folder"] if into else "", rest


def copies(container: Mapping[str, Any]) -> list[str]:
    """The folders into which a container copies one of a bucket, if it moves nothing then."""
    script = "\n".join(word for _, word in words(container)).replace("\\\n", " ")
    if "sync" not in script or len(script) > _LONG or _MOVED.search(script):
        return []
    found = [one["folder"] for one in _COPY.finditer(script)]
    return [] if any("$" in one for one in found) else found
