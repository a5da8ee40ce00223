"""The command line of a model server, read from command, args and environment.

What a shell or Kubernetes puts in later is not known: a flag with such a value has none here, and
a line with such a word is not `complete`, so that nothing follows from a flag's absence.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from functools import lru_cache
from typing import Any

from stackgen.digits import to_int
from stackgen.manifest.document import Path
from stackgen.record import record
from stackgen.regex import regex

SHELLS = {"sh", "bash", "ash", "dash"}
# Characters that the values of variables may add to a word.
_MAX_ADDED = 100_000
_VARIABLE = regex(r"\$\(([A-Za-z_]\w*)\)|\$\{([A-Za-z_]\w*)\}|\$([A-Za-z_]\w*)")
_SERVER = regex(
    r"(?:\bvllm\s+serve\b|vllm\.entrypoints\.[\w.]*api_server|vllm_tpu_server"
    r"|(?P<sglang>\bsglang\s+serve\b|\bsglang\.launch_server\b)"
    r"|(?P<program>(?:(?<=[\s/;&|])|\A)text-(?:embeddings-router|generation-launcher)(?=\s|\Z)))"
)
_OPTION = regex(r"-(?!\d+\Z|\d*\.\d+\Z)")  # what argparse takes for one, and not for a number
_ENDS = regex(r"[;&|\n]+\Z")
_SHORT = {
    "-tp": "tensor-parallel-size", "-pp": "pipeline-parallel-size", "-dp": "data-parallel-size",
    "-q": "quantization",
}  # fmt: skip
_OTHER_NAMES = {"max-len": "max-model-len", "model-name": "model"}


@record
class Flag:
    """value: None when it is not known, "" for a switch. path: of the text it stands in.

    separate: the value is a word of its own, which may as well be no value of this flag.
    alone: neither `=` nor a value follows.
    """

    value: str | None
    path: Path
    separate: bool = False
    alone: bool = False


@record
class CommandLine:
    """engine: what the line starts, `vllm` or `sglang`. complete: no word of it is unknown.

    model: the positional argument of `vllm serve`. further: words that follow the first value of
    a flag, such as those of --lora-modules.
    """

    flags: Mapping[str, Flag] = field(default_factory=dict)
    engine: str = ""
    complete: bool = True
    model: Flag | None = None
    path: Path = ()
    further: Mapping[str, tuple[Flag, ...]] = field(default_factory=dict)

    def several(self, name: str) -> tuple[Flag, ...]:
        """All values of a flag that takes several; empty when it is absent."""
        first = self.flags.get(name)
        return () if first is None else (first, *self.further.get(name, ()))

    @property
    def vllm(self) -> bool:
        """The line starts vLLM."""
        return self.engine == "vllm"

    def text(self, name: str) -> str | None:
        """The value of a flag; None when it is absent or not known."""
        flag = self.flags.get(name)
        return flag.value if flag is not None else None

    def number(self, name: str, default: int | None = None, least: int = 0) -> int | None:
        """The value as a whole number, at least `least`; `default` when the flag is surely absent.

        None for any other value: with it, the server does not start.
        """
        flag = self.flags.get(name)
        if flag is None:
            return default if self.complete else None
        value = to_int(flag.value) if flag.value and flag.value.isdecimal() else None
        return value if value is not None and value >= least else None


def read(
    command: Any, args: Any, env: Mapping[str, str], base: Path, more: Iterable[Flag] = ()
) -> CommandLine:
    """The command line of a container at `base`. more: texts that a preset appends to it."""
    words = [*_items(command, (*base, "command")), *_items(args, (*base, "args"))]
    line = _Line(env)
    found = _script(words)
    if found is not None:
        line.script(*found)
    elif any(_SERVER.search(w.value or "") and " " in (w.value or "") for w in words):
        for word in words:
            line.script(word)
    else:
        line.words(words)
    for text in more:
        line.script(text, whole=True)
    return line.done(words[0].path[:-1] if words else base)


def _items(value: Any, base: Path) -> list[Flag]:
    if not isinstance(value, list):
        return []
    return [Flag(v, (*base, i)) for i, v in enumerate(value) if isinstance(v, str)]


def _script(words: list[Flag]) -> tuple[Flag, list[Flag]] | None:
    """The script of `sh -c SCRIPT NAME ARGUMENT...`, and its arguments."""
    if len(words) < 3 or (words[0].value or "").rpartition("/")[2] not in SHELLS:
        return None
    for i, word in enumerate(words[1:], 1):
        if re.fullmatch(r"-[a-z]*c[a-z]*", word.value or "") and i + 1 < len(words):
            return words[i + 1], words[i + 3 :]
        if not (word.value or "").startswith("-") and (word.value or "") != "pipefail":
            return None
    return None


class _Line:
    """A command line while it is read."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self._flags: dict[str, Flag] = {}
        self._engine = ""
        self._complete = True
        self._model: Flag | None = None
        self._further: dict[str, tuple[Flag, ...]] = {}

    def done(self, path: Path) -> CommandLine:
        return CommandLine(
            self._flags, self._engine, self._complete, self._model, path, self._further
        )

    def script(self, script: Flag, arguments: Iterable[Flag] = (), *, whole: bool = False) -> None:
        """The words of the command that starts the server; with `whole`, of all of the text.

        arguments: what stands for `$@` in it.
        """
        text = (script.value or "").replace("\\\n", " ")
        if not whole:
            start = _SERVER.search(text)
            if start is None:
                self._complete = False
                return
            text = text[start.start() :]
        found: list[Flag] = []
        for word in _split(text):
            if _ENDS.match(word) and not whole:
                break
            if word in ("$@", "${@}"):
                found.extend(arguments)
            else:
                found.append(Flag(word, script.path))
        self.words(found)

    def words(self, words: list[Flag]) -> None:
        known = [Flag(self._expanded(w.value or ""), w.path) for w in words]
        i, last = 0, ""
        while i < len(known):
            word = known[i]
            i += 1
            if word.value is None:
                # A flag whose value comes later is still that flag.
                raw = words[i - 1].value or ""
                name, sign, _ = raw.partition("=")
                if sign and name.startswith("-") and "$" not in name:
                    self._add(name, Flag(None, word.path))
                else:
                    self._complete = False
                continue
            if not word.value.startswith("-") or word.value in ("-", "--"):
                self._positional(word, known[i - 2] if i > 1 else None)
                if last:
                    self._further[last] = (*self._further.get(last, ()), word)
                continue
            name, sign, value = word.value.partition("=")
            last = ""
            if sign:
                self._add(name, Flag(value, word.path))
            elif i < len(known) and not _OPTION.match(known[i].value or ""):
                last = self._add(name, replace(known[i], separate=True))
                i += 1
            else:
                self._add(name, Flag("", word.path, alone=True))

    def _add(self, name: str, flag: Flag) -> str:
        """Keeps a flag, and returns its usual name."""
        name = _SHORT.get(name) or name.lstrip("-").replace("_", "-")
        if name in ("config", "config-file"):
            self._complete = False
        name = _OTHER_NAMES.get(name, name)
        self._flags[name] = flag
        self._further.pop(name, None)
        # `python -m MODULE` is a flag with a value, to anyone who does not know better.
        if name == "m":
            self._starts(flag.value or "")
        return name

    def _starts(self, text: str) -> bool:
        """Whether the text starts an engine, which is remembered."""
        found = _SERVER.search(text)
        if found is not None and not found["program"]:
            self._engine = "sglang" if found["sglang"] else "vllm"
        return found is not None

    def _positional(self, word: Flag, before: Flag | None) -> None:
        value = word.value or ""
        program = (before.value or "").rpartition("/")[2] if before is not None else ""
        if value == "serve" and program in ("vllm", "sglang"):
            self._engine = program
        elif self._starts(value):
            return
        elif before is not None and before.value == "serve" and self._engine:
            self._model = word

    def _expanded(self, text: str) -> str | None:
        """The word with the variables that the container's own environment gives."""
        if "{{" in text:
            return None
        if "$" not in text and "`" not in text:
            return text

        added = 0

        def value(match: re.Match[str]) -> str:
            nonlocal added
            found = self._env.get(match[1] or match[2] or match[3], "$?")
            added += len(found)
            return found if added <= _MAX_ADDED else "$?"

        text = _VARIABLE.sub(value, text)
        return None if "$" in text or "`" in text else text


@lru_cache(maxsize=1024)  # several checks read the same command
def _split(text: str) -> tuple[str, ...]:
    lexer = shlex.shlex(text, posix=True, punctuation_chars=";&|\n")
    lexer.whitespace = " \t\r"
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        return tuple(lexer)
    except ValueError:  # quotes that do not close
        return ("$?",)
