"""Build the docs as a site, and fail for a link or an anchor that leads nowhere.

    python tools/docs/site.py [REPOSITORY-URL]

Needs the locked tools: pip install -r requirements/release.txt. The pages are copied to
build/docs/, where links work without the rest of the repository: a link to another page of the
repository leads to its copy, and a link to any other file to that file at REPOSITORY-URL. The site
is in build/site/.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
STAGE = ROOT / "build" / "docs"
URL = "https://github.com/acme/stackgen/blob/main"  # where your copy of stackgen lives
# Pages outside of docs/, and where they are in the site.
OUTSIDE = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "CONTRIBUTING.md",
    "CHANGELOG.md": "CHANGELOG.md",
    "SECURITY.md": "SECURITY.md",
    "policies/README.md": "rego/README.md",
}
_LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)(#[^)\s]*)?\)")


def stage(root: Path, target: Path, url: str) -> dict[str, str]:
    """Copy the pages below `target`. Returns where each page is in the site, by its path here.

    Raises FileNotFoundError for a link to a file that the repository does not have.
    """
    places = {str(p.relative_to(root)): str(p.relative_to(root / "docs")) for p in _pages(root)}
    places |= OUTSIDE
    for name, place in places.items():
        file = target / place
        file.parent.mkdir(parents=True, exist_ok=True)
        text = (root / name).read_text(encoding="utf-8")
        file.write_text(_linked(text, root, name, places, url), encoding="utf-8")
    for schema in (root / "docs").glob("*.json"):
        shutil.copy(schema, target / schema.name)
    return places


def _pages(root: Path) -> list[Path]:
    return sorted((root / "docs").rglob("*.md"))


def _linked(text: str, root: Path, name: str, places: dict[str, str], url: str) -> str:
    """The text of the page `name` with its links as they are from its place in the site."""
    here = os.path.dirname(places[name])

    def link(found: re.Match[str]) -> str:
        wanted = os.path.normpath(os.path.join(os.path.dirname(name), found[1]))
        anchor = found[2] or ""
        if not (root / wanted).exists():
            raise FileNotFoundError(f"{name}: {found[1]}")
        place = places.get(wanted)
        if wanted.startswith("docs/") and wanted.endswith(".json"):
            place = wanted.removeprefix("docs/")
        if place is None:
            return f"]({url}/{wanted}{anchor})"
        return f"]({os.path.relpath(place, here or '.')}{anchor})"

    # Links in code are text.
    parts = re.split(r"(^```.*?^```$)", text, flags=re.MULTILINE | re.DOTALL)
    return "".join(x if i % 2 else _LINK.sub(link, x) for i, x in enumerate(parts))


def main(arguments: list[str]) -> int:
    """Stage the pages and run the generator."""
    if arguments and arguments[0].startswith("-"):
        print(__doc__)
        return 0 if arguments[0] in ("-h", "--help") else 2
    if find_spec("zensical") is None:
        print("zensical is not installed: pip install -r requirements/release.txt", file=sys.stderr)
        return 2
    shutil.rmtree(STAGE, ignore_errors=True)
    stage(ROOT, STAGE, arguments[0].rstrip("/") if arguments else URL)
    command = [sys.executable, "-m", "zensical", "build", "--strict", "--clean"]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
