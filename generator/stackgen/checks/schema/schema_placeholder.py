"""A value that somebody puts in later cannot be judged now."""

from __future__ import annotations

import re

from stackgen.findings.model import Rule, Severity

RULE = Rule(
    id="schema-placeholder",
    family="schema",
    severity=Severity.INFO,
    summary="A field holds a variable, and not yet the value that the API server will see.",
    impact="Nothing is known about the value. Applied as it is, the API server refuses it.",
    remedy="Substitute first (envsubst, `flux build`), then check the result.",
    source="Flux documentation, Kustomization: post build variable substitution; gettext, envsubst",
    why=(
        "Judged where the schema objects to a text that is a variable such as ${REPLICAS} or "
        "$NAME, or has ${...} in it. What the schema says of such a value is not reported."
    ),
    bad="""\
apiVersion: v1
kind: ConfigMap
metadata: {name: "${NAME}", namespace: team}
""",
    good="""\
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: team}
""",
)
VARIABLE = re.compile(r"\$\{[A-Za-z_]\w*(?::?[-=+?][^}]*)?\}|\A\$[A-Za-z_]\w*\Z")


def variable(value: object) -> str:
    """The variable in `value`; empty when it has none."""
    found = VARIABLE.search(value) if isinstance(value, str) else None
    return found[0] if found else ""
