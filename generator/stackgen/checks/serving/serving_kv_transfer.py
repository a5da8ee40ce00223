"""Prefill whose results do not reach decode."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.view import Part, view
from stackgen.findings.model import Finding, Rule, Severity
from stackgen.kserve.shape import named

RULE = Rule(
    id="serving-kv-transfer",
    family="serving",
    severity=Severity.WARNING,
    summary="Prefill and decode are split, and the KV cache does not get from one to the other.",
    impact="Decode computes the prompt again: the prefill pods are paid for and gain nothing.",
    remedy=(
        "Give both parts --kv-transfer-config, and VLLM_NIXL_SIDE_CHANNEL_HOST from "
        "status.podIP for NIXL."
    ),
    source="vLLM disaggregated prefill; KServe config-llm-decode-template, release-v0.15 and 0.20",
    confidence="medium",
    bad="""\
# release: llm-d-infra-xks-0.15
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
  template:
    containers:
      - name: main
        env:
          - name: VLLM_ADDITIONAL_ARGS
            value: --kv-transfer-config '{"kv_connector":"NixlConnector","kv_role":"kv_consumer"}'
  prefill:
    template:
      containers:
        - name: main
          env:
            - name: VLLM_ADDITIONAL_ARGS
              value: --kv-transfer-config '{"kv_connector":"NixlConnector","kv_role":"kv_producer"}'
""",
    good="""\
# release: llm-d-infra-xks-0.15
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
  template:
    containers:
      - name: main
        env:
          - {name: VLLM_NIXL_SIDE_CHANNEL_HOST, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
          - name: VLLM_ADDITIONAL_ARGS
            value: --kv-transfer-config '{"kv_connector":"NixlConnector","kv_role":"kv_consumer"}'
  prefill:
    template:
      containers:
        - name: main
          env:
            - {name: VLLM_NIXL_SIDE_CHANNEL_HOST, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
            - name: VLLM_ADDITIONAL_ARGS
              value: --kv-transfer-config '{"kv_connector":"NixlConnector","kv_role":"kv_producer"}'
""",
)


FLAG = "kv-transfer-config"
HOST = "VLLM_NIXL_SIDE_CHANNEL_HOST"
# Presets of these bring neither the connector nor its address.
_BARE = ("llm-d-infra-xks-0.15", "kserve-0.20")


def check(context: Context) -> Iterator[Finding]:
    """Split services whose parts are started by the preset, or by a line that can be read."""
    seen = view(context)
    bare = seen.certain and seen.newest.name in _BARE
    for service in seen.services:
        parts = {p.prefill: p for p in service.parts() if p.path[-1] == "template"}
        if not service.whole or len(parts) != 2 or isinstance(service.own.get("worker"), dict):
            continue
        if any(not _readable(p) for p in parts.values()):
            continue
        given = {prefill: _config(p) for prefill, p in parts.items()}
        missing = [prefill for prefill, value in given.items() if value is None]
        if missing:
            where = " and ".join("prefill" if m else "decode" for m in missing)
            if bare:
                has = "have" if len(missing) > 1 else "has"
                yield RULE.finding(
                    f"{where} {has} no --{FLAG}", parts[missing[0]].place("containers", key=True)
                )
            continue
        for part in parts.values() if bare else ():
            main = part.main()
            nixl = "Nixl" in (given[part.prefill] or "")
            if nixl and main is not None and named(main[1].get("env"), HOST) is None:
                yield RULE.finding(
                    f"NIXL needs {HOST}: it announces localhost to the other pods",
                    part.place(*main[0], "env"),
                )


def _readable(part: Part) -> bool:
    main = part.main()
    return main is not None and (not main[1].get("command") or part.line().complete)


def _config(part: Part) -> str | None:
    """The text of the flag; None when it is not given."""
    for line in (part.line(), part.more_flags()):
        flag = line.flags.get(FLAG)
        if flag is not None:
            return flag.value or ""
    return None
