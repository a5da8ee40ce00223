"""The programs that render and apply what stackgen writes, run on what it writes.

Run with `python -m pytest tests/integration`. A test is skipped, with the reason, where a program
or a source cannot be had.
"""
