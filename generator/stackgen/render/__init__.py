"""Blocks that layers and serving platforms render with: objects, charts, policies, steps."""
