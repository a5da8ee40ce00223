"""Additional arguments that nothing reads."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.view import MORE_FLAGS, services
from stackgen.findings.model import Finding, Rule, Severity
from stackgen.kserve.shape import listing, named

RULE = Rule(
    id="serving-additional-args",
    family="serving",
    severity=Severity.WARNING,
    summary="VLLM_ADDITIONAL_ARGS is set, and the command of your own does not use it.",
    impact=(
        "The flags in it have no effect; only the start script of the preset reads the variable."
    ),
    remedy="Move the flags into args, or write ${VLLM_ADDITIONAL_ARGS} where the shell expands it.",
    source="KServe config-llm-template: the variable is expanded by the start script of the preset",
    bad="""\
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
  template:
    containers:
      - name: main
        command: [vllm, serve, /mnt/models]
        args: [--port=8000, --served-model-name=qwen]
        env: [{name: VLLM_ADDITIONAL_ARGS, value: --max-model-len=8192}]
""",
    good="""\
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
  template:
    containers:
      - name: main
        command: [vllm, serve, /mnt/models]
        args: [--port=8000, --served-model-name=qwen, --max-model-len=8192]
""",
)


def check(context: Context) -> Iterator[Finding]:
    """Containers with a command that starts vLLM and does not mention the variable."""
    for service in services(context):
        for part in service.parts():
            main = part.main()
            if main is None or not main[1].get("command") or not part.line().vllm:
                continue
            path, container = main
            variable = named(container.get("env"), MORE_FLAGS)
            words = [*listing(container.get("command")), *listing(container.get("args"))]
            used = any(isinstance(w, str) and MORE_FLAGS in w for w in words)
            if variable is not None and not used:
                yield RULE.finding(
                    f"{MORE_FLAGS} is not used by the command",
                    part.place(*path, "env", variable[0], "name"),
                    part.place(*path, "command", key=True, note="replaces the preset's script"),
                )
