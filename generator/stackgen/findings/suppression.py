"""What a suppression is, wherever it was written."""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from stackgen.findings.model import Place
from stackgen.record import record


@record
class Suppression:
    """Findings of `rule` that are meant to be as they are.

    rule: a rule id; for kind `config` a selector (family, id, glob). reason: required.
    object: `Kind/name` or `Kind/namespace/name`, globs allowed; empty: any object.
    until: the last day it holds, ISO (`2026-12-31`); empty: none. place: where it is written.
    kind: in the spec's `suppress`, as a comment, or in the config file.
    line: for a comment, the line it speaks of. path: for the config, the glob of files, relative to
    the folder of the config. base: from that folder to the one that the names of files are relative
    to.
    """

    rule: str
    reason: str
    object: str = ""
    until: str = ""
    place: Place = field(default_factory=Place)
    kind: Literal["spec", "comment", "config"] = "spec"
    line: int = 0
    path: str = ""
    base: str = "."
