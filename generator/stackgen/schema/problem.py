"""What the server would refuse a document for: one problem, with the place inside the document."""

from __future__ import annotations

from stackgen.manifest.document import Path
from stackgen.record import record


@record
class Problem:
    """One reason for which the API server refuses the document.

    rule: the rule id that reports it, such as `schema-unknown-field`. path: into the document.
    message: what is wrong with the actual value and what is allowed. key: it is the key, not its
    value, that is wrong. certain: the server would say so too; otherwise it is only not known.
    What is not evaluated because it can cost more than the server allows is certain. foreign: the
    kind is not known, and resembles none that is.
    """

    rule: str
    path: Path
    message: str
    key: bool = False
    certain: bool = True
    foreign: bool = False
