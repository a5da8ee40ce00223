"""A text is no duration, time, address or the like."""

from __future__ import annotations

from stackgen.findings.model import Rule, Severity

RULE = Rule(
    id="schema-format",
    family="schema",
    severity=Severity.ERROR,
    summary="A text is no duration, time, address or the like.",
    impact="The API server refuses the object.",
    remedy="Write the text in the format that the message names.",
    source="kube-apiserver 1.36, recorded answers; formats that apiextensions checks",
    bad="""\
apiVersion: monitoring.googleapis.com/v1
kind: PodMonitoring
metadata: {name: chat, namespace: serving}
spec:
  selector: {matchLabels: {app: chat}}
  endpoints: [{port: metrics, interval: often}]
""",
    good="""\
apiVersion: monitoring.googleapis.com/v1
kind: PodMonitoring
metadata: {name: chat, namespace: serving}
spec:
  selector: {matchLabels: {app: chat}}
  endpoints: [{port: metrics, interval: 30s}]
""",
)
