"""One of several machines that share the work of a run.

What looks at one object or one environment is divided by these, in blocks that keep their order.
What looks at all objects together is divided by its checks. So no finding is lost: all shards
together find what one run finds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from stackgen.record import record

T = TypeVar("T")


@record
class Shard:
    """The shard `index`, from 1, of `count`. As it is by default, it has all the work."""

    index: int = 1
    count: int = 1

    @property
    def is_whole(self) -> bool:
        return self.count == 1

    def part(self, items: Sequence[T]) -> Sequence[T]:
        """The items of this shard: a block; all blocks are equally large, within one."""
        size = len(items)
        return items[size * (self.index - 1) // self.count : size * self.index // self.count]

    def has(self, number: int) -> bool:
        """Whether the piece of work with this number is of this shard."""
        return number % self.count == self.index - 1
