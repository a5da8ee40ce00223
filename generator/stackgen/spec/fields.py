"""How a field of the spec is declared: type, words for people, bounds, default."""

import dataclasses
import json
from functools import lru_cache
from typing import Any

from stackgen import paths
from stackgen.reading import read_text

NO_DEFAULT = dataclasses.MISSING


@lru_cache(maxsize=1)
def shipped_schema() -> dict[str, Any]:
    """The JSON Schema of stack.yaml, as it is shipped."""
    found: dict[str, Any] = json.loads(read_text(paths.schemas("stack.schema.json")))
    return found


DNS_LABEL = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
_OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
PROJECT = r"^[a-z][-a-z0-9]{4,28}[a-z0-9]$"
GOOGLE_ACCOUNT = r"^[a-z0-9][-a-z0-9]*@[a-z0-9][-.a-z0-9]*\.gserviceaccount\.com$"
IPV4_RANGE = rf"({_OCTET}\.){{3}}{_OCTET}/([0-9]|[12][0-9]|3[0-2])"
PORT = r"([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
DNS_1035 = r"^[a-z]([-a-z0-9]*[a-z0-9])?$"
DNS_SUBDOMAIN = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"

# The limits of Kubernetes on names, in characters. Apart from the patterns, so that a message can
# name the limit that was exceeded.
LONGEST = {DNS_LABEL: 63, DNS_1035: 63, DNS_SUBDOMAIN: 253}


def spec_field(description: str, default: Any = NO_DEFAULT, **bounds: Any) -> Any:
    """A field of a spec dataclass.

    description: shown by editors and `stackgen explain spec.…`. default: used when the key is
    absent; without one the key is required. bounds: JSON Schema keywords (enum, pattern,
    minimum, maximum, minLength, maxLength, minItems, examples), `items`, those of each item of a
    list, and `why`, the reason of the default. A name has the limit of its kind (LONGEST)
    unless maxLength says less.
    """
    limit = LONGEST.get(bounds.get("pattern", ""))
    if limit is not None:
        bounds.setdefault("maxLength", limit)
    metadata = {"description": description, "default": default, "bounds": bounds}
    return dataclasses.field(metadata=metadata)


# What each pattern allows, in words for the person who missed it.
ALLOWED = {
    DNS_LABEL: "lower-case letters, digits and '-', not at the ends",
    DNS_1035: "lower-case letters, digits and '-', beginning with a letter",
    DNS_SUBDOMAIN: "lower-case letters, digits, '-' and '.', not at the ends",
    PROJECT: "6 to 30 lower-case letters, digits and dashes, beginning with a letter",
    GOOGLE_ACCOUNT: "the e-mail address of a Google service account",
}
