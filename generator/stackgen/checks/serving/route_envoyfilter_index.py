"""An EnvoyFilter for a rule that is not what it was taken for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import GATEWAY_API, chain, is_pool
from stackgen.findings.model import Finding, Place, Rule, Severity
from stackgen.kserve.shape import at, maps, text

RULE = Rule(
    id="route-envoyfilter-index",
    family="serving",
    severity=Severity.WARNING,
    summary=(
        "An EnvoyFilter matches a rule of KServe's route that is absent, or is not one that "
        "goes to the pool."
    ),
    impact=(
        "The patch is applied to no request, or to requests that no scheduler sees; no error "
        "anywhere."
    ),
    remedy="Count the rules of the route that the release makes: `stackgen expand` shows them.",
    source=(
        "istio conversion.go: routes are called <namespace>.<route>.<index of the rule>; KServe "
        "preset routes"
    ),
    confidence="medium",
    bad="""\
# release: llm-d-infra-xks-0.15
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
  router: {route: {}, scheduler: {}}
---
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata:
  name: bodies
  namespace: gateways
  annotations: {stackgen.dev/waiver: measured on Istio 1.27}
spec:
  configPatches:
    - applyTo: HTTP_ROUTE
      match: {routeConfiguration: {vhost: {route: {name: serving.qwen-kserve-route.2}}}}
      patch:
        operation: MERGE
        value: {typed_per_filter_config: {envoy.filters.http.ext_proc: {}}}
""",
    good="""\
# release: llm-d-infra-xks-0.15
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
  router: {route: {}, scheduler: {}}
---
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata:
  name: bodies
  namespace: gateways
  annotations: {stackgen.dev/waiver: measured on Istio 1.27}
spec:
  configPatches:
    - applyTo: HTTP_ROUTE
      match: {routeConfiguration: {vhost: {route: {name: serving.qwen-kserve-route.1}}}}
      patch:
        operation: MERGE
        value: {typed_per_filter_config: {envoy.filters.http.ext_proc: {}}}
""",
)


_ROUTE = re.compile(r"(?P<namespace>[^.]+)\.(?P<route>.+)\.(?P<index>\d+)\Z")
_WHERE = ("match", "routeConfiguration", "vhost", "route", "name")


def check(context: Context) -> Iterator[Finding]:
    """Filters whose route is predicted for a service of the input, or is in the input."""
    links = chain(context)
    for resource in context.bundle.of_kind("EnvoyFilter", "networking.istio.io"):
        for i, patch in maps(resource.get("spec", "configPatches")):
            found = _ROUTE.match(text(at(patch, *_WHERE)))
            if found is None:
                continue
            route = links.find("HTTPRoute", found["namespace"], found["route"], GATEWAY_API)
            rules = [rule for _, rule in maps(route.get("spec", "rules"))] if route else []
            place = Place(resource, ("spec", "configPatches", i, *_WHERE))
            index = int(found["index"])
            if route is None or not rules:
                continue
            if route.service is not None and not links.view.certain:
                continue  # how many rules there are depends on the release
            if index >= len(rules):
                last = len(rules) - 1
                yield RULE.finding(f"the rules of {route.name} are 0 to {last}", place)
            elif "ext_proc" in str(patch.get("patch")) and not any(
                is_pool(b) for _, b in maps(rules[index].get("backendRefs"))
            ):
                yield RULE.finding(
                    f"rule {index} of {route.name} goes to a Service, not to a pool: there is "
                    "nothing to process",
                    place,
                )
