"""What Go source says of an endpoint picker: its flags, plugins, parameters and configuration.

The source is read by patterns and not built: flags are registered with a literal name, plugins with
a constant, and parameters are structs with JSON tags.
"""

from __future__ import annotations

import io
import re
import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_FOLDERS = ("cmd", "pkg", "api", "apix")
_FLAG = re.compile(
    r'\bflag\.(?:String|Int|Bool|Duration|Float64)\(\s*"([\w-]+)"'
    r'|\bfs\.\w+?VarP?\(\s*&?[\w.]+,\s*"([\w-]+)"'
)
_FLAG_FILES = re.compile(
    r"cmd/epp/.*|pkg/epp/server/options\.go|pkg/common/observability/logging/options\.go"
)
# What controller-runtime and its logger add.
_LIBRARIES = (
    "kubeconfig", "v", "zap-devel", "zap-encoder", "zap-log-level", "zap-stacktrace-level",
    "zap-time-encoding",
)  # fmt: skip
_REFUSED = re.compile(r"deprecatedMetricFlags = map\[string\]struct\{\}\{(.*?)^\}", re.S | re.M)
_REFUSES = "is deprecated and cannot be used"
_REGISTER = re.compile(r"\b(?:plugins?|fwkplugin)\.Register\w*\(\s*([\w.]+)\s*,(.*)")
_REGISTER_FILES = re.compile(r"cmd/epp/runner/runner\.go|pkg/.*plugins/register\.go")
_FACTORY = re.compile(r"\b(\w+)\.\w*Factory\w*")
_GATE = re.compile(r"\bRegisterFeatureGate\(\s*([\w.]+)")
_IMPORT = re.compile(r'^\s*(?:import\s+)?(?:([\w.]+)\s+)?"([^"\s]+/[^"\s]+)"', re.M)
_CONSTANT = re.compile(r'^\s*(?:const\s+)?(\w+)(?:\s+string)?\s*=\s*"([^"]+)"', re.M)
_ALIAS = re.compile(r"^\s*(?:const\s+)?(\w+)(?:\s+string)?\s*=\s*(\w+)\.(\w+)\s*$", re.M)
_TAG = re.compile(r'`[^`\n]*json:"([\w-]+)')
_DECODED = re.compile(r"(?:\bDecode\(|\bUnmarshal\([^,()]+,\s*)&?(\w+)\)")
_EMBEDDED = re.compile(r'^\t+\*?[a-z]\w*\.[A-Z]\w*(?:\s+`json:",inline[^`]*`)?\s*$', re.M)
_STRUCT = re.compile(r"^type (\w+) struct \{(.*?)^\}", re.S | re.M)
_FIELD = re.compile(r'^\s+\w+\s+([\[\]*\w.]+)\s+`[^`]*json:"([\w-]+)', re.M)
_TYPES = re.compile(r"apix?/config/v1alpha1/endpointpickerconfig_types\.go")
_ROOT = "EndpointPickerConfig"


@dataclass(frozen=True)
class Source:
    """The Go files of a commit by path, tests left out, and the path of the module."""

    files: Mapping[str, str]
    module: str
    requires: Mapping[str, str]

    def folder(self, path: str) -> str:
        """All files of one package as one text."""
        return "\n".join(t for p, t in self.files.items() if p.rpartition("/")[0] == path)

    def constant(self, name: str, path: str, depth: int = 0) -> str | None:
        """The value of `pkg.Name` or `Name` as the file at `path` means it."""
        package, dot, last = name.rpartition(".")
        where = path.rpartition("/")[0]
        if dot:
            where = self._imported(package, path)
        text = self.folder(where)
        found = dict(_CONSTANT.findall(text)).get(last)
        for alias, other, inner in _ALIAS.findall(text) if found is None and depth < 3 else ():
            for holder in self.files if alias == last else ():
                if found is None and holder.rpartition("/")[0] == where:
                    found = self.constant(f"{other}.{inner}", holder, depth + 1)
        return found

    def _imported(self, package: str, path: str) -> str:
        for alias, imported in _IMPORT.findall(self.files[path]):
            if package == (alias or imported.rpartition("/")[2]):
                return str(imported).removeprefix(self.module + "/")
        return ""

    def flags(self) -> set[str]:
        """The names of all flags that do not end the program."""
        found = set(_LIBRARIES)
        refused: set[str] = set()
        for path, text in self.files.items():
            if _FLAG_FILES.fullmatch(path):
                found |= {a or b for a, b in _FLAG.findall(text)}
                if _REFUSES in text:
                    refused |= {
                        n for m in _REFUSED.findall(text) for n in re.findall(r'"(.+?)"', m)
                    }
        return found - refused

    def plugins(self) -> Iterator[tuple[str, str]]:
        """Types of plugins, each with the names of its parameters: `a|b`, or `*` for any."""
        for path, text in self.files.items():
            for name, rest in _REGISTER.findall(text) if _REGISTER_FILES.fullmatch(path) else ():
                value = self.constant(name, path)
                if value is None:
                    raise ValueError(f"{path}: the type of plugin {name} is not known")
                factory = _FACTORY.search(rest)
                package = factory[1] if factory else name.partition(".")[0]
                yield value, self._parameters(self.folder(self._imported(package, path)))

    def _parameters(self, text: str) -> str:
        names = sorted(set(_TAG.findall(text)) - {"-"})
        decoded = "|".join(map(re.escape, _DECODED.findall(text)))
        # A type of another package has tags that are not here.
        foreign = decoded and re.search(
            rf"(?:var\s+(?:{decoded})\s+\*?|(?:{decoded})\s*:=\s*&?)[a-z]\w*\.[A-Z]", text
        )
        known = names and not foreign and not _EMBEDDED.search(text)
        return "|".join(names) if known else "*"

    def gates(self) -> Iterator[str]:
        """The feature gates that are registered."""
        for path, text in self.files.items():
            for name in _GATE.findall(text) if path.startswith("cmd/epp/") else ():
                value = self.constant(name, path)
                if value is not None:
                    yield value

    def fields(self) -> set[str]:
        """The fields of the configuration, `schedulingProfiles.plugins.pluginRef`."""
        text = "\n".join(t for p, t in self.files.items() if _TYPES.fullmatch(p))
        structs = {name: _FIELD.findall(body) for name, body in _STRUCT.findall(text)}

        def below(name: str, prefix: str, depth: int) -> Iterator[str]:
            for kind, field in structs.get(name, ()) if depth < 6 else ():
                yield prefix + field
                yield from below(kind.strip("[]*"), f"{prefix}{field}.", depth + 1)

        return {"apiVersion", "kind", *below(_ROOT, "", 0)} if _ROOT in structs else set()

    @property
    def strict(self) -> bool:
        """Whether plugins reject parameters that they do not have."""
        return any(
            "StrictDecoder(spec.Parameters)" in t for p, t in self.files.items() if "/loader/" in p
        )


def source(repository: str, commit: str) -> Source:
    """The files of a commit. Raises CalledProcessError for one that is not there."""
    listed = _git(repository, "ls-tree", "--name-only", commit).decode().split()
    folders = [f for f in _FOLDERS if f in listed]
    data = _git(repository, "archive", commit, "--", "go.mod", *folders)
    files: dict[str, str] = {}
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for member in archive:
            wanted = member.name == "go.mod" or (
                member.name.endswith(".go") and not member.name.endswith("_test.go")
            )
            content = archive.extractfile(member) if wanted else None
            if content is not None:
                files[member.name] = content.read().decode("utf-8")
    module = files.pop("go.mod")
    requires = dict(re.findall(r"^\s*(?:require )?(\S+/\S+) (v\S+)", module, re.M))
    named = re.search(r"^module (\S+)", module, re.M)
    return Source(files, named[1] if named else "", requires)


def _git(repository: str, *arguments: str) -> bytes:
    return subprocess.run(
        ["git", "-C", repository, *arguments], check=True, stdout=subprocess.PIPE
    ).stdout
