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
_FACTORY = re.compile(r"\b(\w+)\.(\w*Factory\w*)")
_GATE = re.compile(r"\bRegisterFeatureGate\(\s*([\w.]+)")
_IMPORT = re.compile(r'^\s*(?:import\s+)?(?:([\w.]+)\s+)?"([^"\s]+/[^"\s]+)"', re.M)
_CONSTANT = re.compile(r'^\s*(?:const\s+)?(\w+)(?:\s+string)?\s*=\s*"([^"]+)"', re.M)
_ALIAS = re.compile(r"^\s*(?:const\s+)?(\w+)(?:\s+string)?\s*=\s*(\w+)\.(\w+)\s*$", re.M)
# A pointer to a variable that JSON is read into: `decoder.Decode(&v)`, `json.Unmarshal(raw, &v)`.
_DECODED = re.compile(r"(?:\bDecode\(|\bUnmarshal\([^,()]+,\s*)&?([\w.]+)\)")
_FUNCTION = re.compile(r"^func (\w+)\((.*?)\{$(.*?)^\}", re.S | re.M)
_CALL = re.compile(r"(?<![\w.])(\w+)\(")
_OWN_DECODER = r"^func \(\w* ?\*?{}\) UnmarshalJSON\("
_MEMBER = re.compile(
    r"^\t+(\*?[\w.]+)(?:[ \t]+([^`\n]+?))?[ \t]*(?:`([^`\n]*)`)?[ \t]*(?://.*)?$", re.M
)
_JSON_NAME = re.compile(r'json:"([\w-]*)')
_STRUCT = re.compile(r"^type (\w+) struct \{(.*?)^\}", re.S | re.M)
_FIELD = re.compile(r'^\s+\w+\s+([\[\]*\w.]+)\s+`[^`]*json:"([\w-]+)', re.M)
_GROUPED = re.compile(r"^\t(\w+) struct \{(.*?)^\t\}", re.S | re.M)
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
                folder = self.folder(self._imported(factory[1], path)) if factory else ""
                yield value, _parameters(folder, factory[2] if factory else "")

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


def _parameters(text: str, factory: str) -> str:
    """The fields of what a factory, or a function that it calls, reads its parameters into."""
    functions = {name: (head, body) for name, head, body in _FUNCTION.findall(text)}
    waiting, seen = [factory], set[str]()
    names: set[str] | None = set()
    while waiting and names is not None:
        name = waiting.pop()
        if name in seen or name not in functions:
            continue
        seen.add(name)
        head, body = functions[name]
        waiting += _CALL.findall(body)
        for variable in _DECODED.findall(body):
            found = _fields(text, _type(variable, head, body, text))
            names = names | found if names is not None and found is not None else None
    return "|".join(sorted(names)) if names else "*"


def _type(variable: str, head: str, body: str, text: str) -> str:
    """The type of a variable in a function; "" when the package does not say it."""
    v = re.escape(variable)
    for pattern, where in (
        (rf"\bvar {v}\s+\*?([\w.]+)", body),
        (rf"\b{v}\s*:?=\s*(?:&|new\()?([\w.]+)[{{)]", body),
        (rf"\b{v}\s+\*?([\w.]+)", head),
    ):
        found = re.search(pattern, where)
        if found:
            return found[1]
    made = re.search(rf"\b{v}(?:, \w+)?\s*:?=\s*(\w+)(\(|$)", body, re.M)
    if not made:
        return ""
    # What a function returns, or a variable of the package has.
    form = (
        rf"^func {made[1]}\([^()]*\)\s*\(?\*?([\w.]+)"
        if made[2]
        else rf"^\s*(?:var\s+)?{made[1]}\s*=\s*&?([\w.]+)\{{"
    )
    found = re.search(form, text, re.M)
    return found[1] if found else ""


def _fields(text: str, name: str) -> set[str] | None:
    """The JSON names of the fields of a struct of the package; None when not all are known."""
    body = dict(_GROUPED.findall(text) + _STRUCT.findall(text)).get(name)
    if body is None or re.search(_OWN_DECODER.format(name), text, re.M):
        return None
    found: set[str] = set()
    for member, kind, tags in _MEMBER.findall(body):
        named = _JSON_NAME.search(tags)
        if named and named[1] not in ("", "-"):
            found.add(named[1])
        elif not kind:
            inner = _fields(text, member.lstrip("*"))
            if inner is None:
                return None
            found |= inner
        elif member[0].isupper() and not (named and named[1] == "-"):
            return None  # without a name, Go accepts any case
    return found


def source(repository: str, commit: str) -> Source:
    """The files of a commit. Raises CalledProcessError for one that does not exist."""
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
