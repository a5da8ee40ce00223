"""Rules about autoscalers, disruption budgets, quotas and queues."""
