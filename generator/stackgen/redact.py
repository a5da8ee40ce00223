"""What looks like a credential never reaches a report, a trace or a log: it is starred out."""

from __future__ import annotations

import re

# The shapes that hubs, clouds and code hosts give to their tokens, and PEM keys.
_CREDENTIAL = re.compile(
    r"hf_[A-Za-z0-9]{16,}"
    r"|AIza[0-9A-Za-z_-]{30,}"
    r"|ya29\.[0-9A-Za-z_-]{16,}"
    r"|\bsk-[A-Za-z0-9_-]{16,}"
    r"|gh[pousr]_[A-Za-z0-9]{16,}"
    r"|glpat-[A-Za-z0-9_-]{16,}"
    r"|xox[abprs]-[A-Za-z0-9-]{10,}"
    r"|\bA(?:KIA|SIA)[0-9A-Z]{12,}"
    r"|eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}(?:\.[A-Za-z0-9_-]*)?"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----[A-Za-z0-9+/=\s\\n]*"
)
_SHOWN = 3


def redact(text: str) -> str:
    """`text` with every credential starred out, as long as before: columns stay what they were."""
    if len(text) < 12:
        return text
    return _CREDENTIAL.sub(lambda m: m[0][:_SHOWN] + _stars(m[0][_SHOWN:]), text)


def _stars(text: str) -> str:
    return "".join("\n" if c == "\n" else "*" for c in text)
