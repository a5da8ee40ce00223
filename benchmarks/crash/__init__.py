"""Kills and failing calls while folders are exchanged, and what they leave behind."""
