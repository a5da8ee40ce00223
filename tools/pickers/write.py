"""Write generator/stackgen/catalog/picker_programs/PICKER.json from the source of endpoint pickers.

python tools/pickers/write.py epp GIE VERSION...
python tools/pickers/write.py llm-d ROUTER VERSION... --base GIE

GIE is a clone of kubernetes-sigs/gateway-api-inference-extension, ROUTER one of llm-d/llm-d-router.
A version is a tag without `v`. Until 0.8, the picker of llm-d adds its plugins to the picker of the
module in its go.mod, which is read from GIE. Nothing is built or run.
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

from go_source import Source, source

sys.path.insert(0, str(Path(__file__).parents[1]))
from ranges import ranges, text

OUTPUT = Path(__file__).parents[2] / "generator" / "stackgen" / "catalog" / "picker_programs"
_BASE = "sigs.k8s.io/gateway-api-inference-extension"
_PICKERS = {
    "epp": "github.com/kubernetes-sigs/gateway-api-inference-extension",
    "llm-d": "github.com/llm-d/llm-d-router",
}
_OWN_RUNNER = "cmd/epp/runner/runner.go"
TABLES = ("options", "plugins", "gates", "fields")


def main(arguments: list[str]) -> int:
    """0 when the file was written, 2 for wrong usage."""
    base = ""
    if "--base" in arguments:
        base = arguments.pop(arguments.index("--base") + 1)
        arguments.remove("--base")
    if len(arguments) < 3 or arguments[0] not in _PICKERS:
        sys.stderr.write((__doc__ or "").split("\n\n")[1] + "\n")
        return 2
    picker, repository, *versions = arguments
    found: dict[str, dict[str, dict[str, str]]] = {name: {} for name in TABLES}
    strict = []
    for version in versions:
        sources = _sources(repository, f"v{version}", base)
        strict += [version] if any(s.strict for s in sources) else []
        for name, table in _tables(sources).items():
            found[name][version] = table
    document = {
        "source": f"{_PICKERS[picker]}, tags v{versions[0]} to v{versions[-1]}",
        "as_of": date.today().isoformat(),
        "versions": versions,
        "strict_from": strict[0] if strict else "",
        **{name: ranges(versions, found[name]) for name in TABLES},
    }
    OUTPUT.mkdir(exist_ok=True)
    (OUTPUT / f"{picker}.json").write_text(text(document), encoding="utf-8")
    return 0


def _sources(repository: str, tag: str, base: str) -> list[Source]:
    own = source(repository, tag)
    if _OWN_RUNNER in own.files or not base:
        return [own]
    # A version of a commit ends with the commit.
    wanted = own.requires[_BASE]
    commit = wanted.rpartition("-")[2] if wanted.startswith("v0.0.0-") else wanted
    return [source(base, commit), own]


def _tables(sources: list[Source]) -> dict[str, dict[str, str]]:
    tables: dict[str, dict[str, str]] = {name: {} for name in TABLES}
    for one in sources:
        tables["options"].update(dict.fromkeys(one.flags(), ""))
        tables["plugins"].update(one.plugins())
        tables["gates"].update(dict.fromkeys(one.gates(), ""))
        tables["fields"].update(dict.fromkeys(one.fields(), ""))
    return tables


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
