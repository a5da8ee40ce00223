"""A query for the metrics of an InferencePool or model that the input does not have."""

from __future__ import annotations

import re

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import POOL_GROUPS, chain
from stackgen.escape import visible
from stackgen.facts.queries import queries
from stackgen.facts.shape import plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.spelling import did_you_mean

# Metrics of endpoint pickers, and the labels in which they name the pool.
_POOL_METRICS = ("inference_pool_", "inference_extension_", "llm_d_epp_")
_POOL_LABELS = ("name", "inference_pool", "pool_name")
_MATCHERS = re.compile(r"([a-zA-Z_:][\w:]*)\s*\{([^{}]*)\}")
_EQUAL = re.compile(r'(\w+)\s*=\s*"([^"\\]*)"')


def check(context: Context) -> Violations:
    """One finding for each query and name, where the input has pools in the same namespace."""
    pools: dict[str, set[str]] = {}
    for pool in chain(context).of("InferencePool", *POOL_GROUPS):
        pools.setdefault(pool.namespace, set()).add(pool.name)
    for query in queries(context.bundle.objects) if pools else ():
        known = pools.get(query.resource.namespace, set())
        content = text(query.resource.get(*query.path))
        for metric, matchers in _MATCHERS.findall(content) if known else ():
            labels = dict(_EQUAL.findall(matchers)) if metric.startswith(_POOL_METRICS) else {}
            if labels.get("namespace", query.resource.namespace) != query.resource.namespace:
                continue
            for name in _POOL_LABELS:
                value = labels.get(name)
                if value and plain(value) and value not in known:
                    yield violation(
                        f"no InferencePool of the input is called {visible(value)}"
                        f"{did_you_mean(value, sorted(known))} (label {name} of {metric})",
                        Place(query.resource, query.path),
                    )
