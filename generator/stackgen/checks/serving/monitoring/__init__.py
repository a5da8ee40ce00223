"""Rules about monitors, queries, alerts, dashboards and collectors."""
