"""A scheduling profile with a plugin that is not declared."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.view import CONFIG_KIND, KIND
from stackgen.findings.model import Finding, Place, Rule, Severity
from stackgen.kserve.release import GROUP
from stackgen.kserve.shape import mapping, maps, text
from stackgen.spelling import did_you_mean

RULE = Rule(
    id="serving-plugin-ref",
    family="serving",
    severity=Severity.ERROR,
    summary="The scheduler's configuration refers to a plugin that it does not declare.",
    impact="The endpoint picker exits at start; with FailOpen requests go to any pod, unnoticed.",
    remedy=(
        "List the plugin under plugins; it is called by its name, or by its type when it has none."
    ),
    source="Gateway API Inference Extension: EndpointPickerConfig, pluginRef",
    bad="""\
apiVersion: serving.kserve.io/v1alpha2
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
  router:
    route: {}
    scheduler:
      config:
        inline:
          apiVersion: llm-d.ai/v1alpha1
          kind: EndpointPickerConfig
          plugins: [{type: queue-scorer}]
          schedulingProfiles: [{name: default, plugins: [{pluginRef: prefix-cache-scorer}]}]
""",
    good="""\
apiVersion: serving.kserve.io/v1alpha2
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
  router:
    route: {}
    scheduler:
      config:
        inline:
          apiVersion: llm-d.ai/v1alpha1
          kind: EndpointPickerConfig
          plugins: [{type: queue-scorer}]
          schedulingProfiles: [{name: default, plugins: [{pluginRef: queue-scorer}]}]
""",
)


def check(context: Context) -> Iterator[Finding]:
    """Configurations that stand in a service, or in a config of the input."""
    where = ("spec", "router", "scheduler", "config", "inline")
    for kind in (KIND, CONFIG_KIND):
        for resource in context.bundle.of_kind(kind, GROUP):
            inline = mapping(resource.get(*where))
            plugins = [p for _, p in maps(inline.get("plugins"))]
            names = {text(p.get("name")) or text(p.get("type")) for p in plugins}
            if not names or any("{{" in name for name in names):
                continue
            for i, profile in maps(inline.get("schedulingProfiles")):
                for j, plugin in maps(profile.get("plugins")):
                    ref = text(plugin.get("pluginRef"))
                    if ref and ref not in names:
                        path = ("schedulingProfiles", i, "plugins", j, "pluginRef")
                        yield RULE.finding(
                            f"no plugin is called {ref}{did_you_mean(ref, sorted(names))}",
                            Place(resource, (*where, *path)),
                        )
