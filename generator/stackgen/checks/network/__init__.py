"""The family `network`: what may talk to what, by an exact reading of the policies."""

from __future__ import annotations

from stackgen.checks.network import (
    net_api_server_by_pod_selector,
    net_dns,
    net_external_by_pod_selector,
    net_forbidden_flows,
    net_peer_selects_nothing,
    net_policy_selects_nothing,
    net_policy_wrong_namespace,
    net_port_name_unknown,
    net_probe_rule,
    net_required_flows,
    net_rule_redundant,
    net_server_isolated,
)
from stackgen.findings.model import Check, Rule

MODULES = (
    net_required_flows,
    net_forbidden_flows,
    net_policy_selects_nothing,
    net_policy_wrong_namespace,
    net_peer_selects_nothing,
    net_external_by_pod_selector,
    net_api_server_by_pod_selector,
    net_dns,
    net_server_isolated,
    net_probe_rule,
    net_port_name_unknown,
    net_rule_redundant,
)
RULES: tuple[Rule, ...] = tuple(module.RULE for module in MODULES)
CHECKS: tuple[tuple[str, Check], ...] = tuple((m.RULE.id, m.check) for m in MODULES)
