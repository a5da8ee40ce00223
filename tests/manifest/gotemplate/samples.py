"""Charts for tests, written to a folder."""

from __future__ import annotations

from pathlib import Path

import yaml

from tests.sandbox import ROOT

VALUES = """\
big: 1000000
half: 1.5
whole: 3
words: [a, 2, {k: v}]
map: {b: 1, a: true, d: "yes"}
none:
flag: "on it"
"""
HELPER = '{{ define "helper" }}[{{ .x }}]{{ end }}\n'


def recorded() -> dict[str, str]:
    """What helm makes of expressions."""
    text = (ROOT / "tests/manifest/gotemplate/recorded.yaml").read_text()
    found: dict[str, str] = yaml.safe_load(text)
    return found


def chart(folder: Path, values: str = "", **files: str) -> Path:
    """A chart with files: `templates__a` is templates/a.yaml, and `charts__b__values` is in b."""
    title = f'apiVersion: v2\nname: {folder.name}\nversion: 1.2.3\nappVersion: "4.5"\n'
    for name, text in {"Chart": title, "values": values, **files}.items():
        path = name.replace("__", "/")
        file = folder / (path if "." in path else f"{path}.yaml")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder


def of_expressions(folder: Path) -> Path:
    """A chart that prints every recorded expression in base64."""
    named = "".join(
        f'{{{{ define "e{i}" }}}}{{{{ {one} }}}}{{{{ end }}}}' for i, one in enumerate(recorded())
    )
    printed = "".join(
        f'  e{i}: {{{{ include "e{i}" . | b64enc | quote }}}}\n' for i in range(len(recorded()))
    )
    files = {
        "templates__expressions": f"apiVersion: v1\nkind: ConfigMap\ndata:\n{printed}",
        "templates___named.tpl": HELPER + named,
    }
    return chart(folder, VALUES, **files)
