"""Baselines: what was found before, so that a run fails only for what is new.

The file is JSON: `{"version": 1, "findings": [{"fingerprint", "rule", "object", "path",
"count"}]}`, sorted; only fingerprint and count are read back, the rest is for people.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from stackgen.errors import UsageError
from stackgen.escape import json_text
from stackgen.findings.model import Located, Suppressed
from stackgen.manifest import json_in
from stackgen.reading import MAX_MANIFESTS, read_text

VERSION = 1
REASON = "in the baseline"


def load(file: str) -> dict[str, int]:
    """How often each fingerprint was found before. Raises UsageError for an unusable file."""
    name = f"baseline {file}"
    data = json_in.load(read_text(file, name, MAX_MANIFESTS), name)
    if not isinstance(data, dict) or data.get("version") != VERSION:
        raise UsageError(f"baseline {file}: is not a stackgen baseline of version {VERSION}")
    try:
        return {str(f["fingerprint"]): int(f["count"]) for f in data["findings"]}
    except (KeyError, TypeError, ValueError, OverflowError):
        raise UsageError(f"baseline {file}: its findings lack fingerprint or count") from None


def apply(findings: Sequence[Located], known: Mapping[str, int]) -> tuple[list[Located], int]:
    """`findings`, the known ones suppressed; and how many known ones are gone.

    When a fingerprint is found more often than before, the last ones in order are the new ones.
    """
    left = Counter(known)
    marked = []
    for located in findings:
        if left[located.fingerprint] > 0:
            left[located.fingerprint] -= 1
            if located.suppression is None:
                located = dataclasses.replace(  # noqa: PLW2901
                    located, suppression=Suppressed("external", REASON)
                )
        marked.append(located)
    return marked, sum(count for count in left.values() if count > 0)


def write(findings: Iterable[Located]) -> str:
    """The baseline of what is not suppressed otherwise, as JSON."""
    counts: Counter[str] = Counter()
    first: dict[str, Located] = {}
    for located in findings:
        if located.suppression is None or located.suppression.reason == REASON:
            counts[located.fingerprint] += 1
            first.setdefault(located.fingerprint, located)
    entries = [_entry(located, counts[name]) for name, located in first.items()]
    entries.sort(key=lambda e: (e["rule"], e["object"], e["path"], e["fingerprint"]))
    data = {"version": VERSION, "findings": entries}
    return json_text(data) + "\n"


def _entry(located: Located, count: int) -> dict[str, str | int]:
    primary = located.primary
    ref = primary.object if primary else None
    return {
        "fingerprint": located.fingerprint,
        "rule": located.finding.rule.id,
        "object": f"{ref.kind}/{ref.namespace}/{ref.name}" if ref else "",
        "path": primary.path if primary else "",
        "count": count,
    }
