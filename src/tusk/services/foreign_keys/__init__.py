"""Following foreign keys from the rows of a result to the rows at their other end.

`tracing` finds the table's column behind each column of a result, `links` the keys that lead on
from there and the statement that reads the rows at their other end.
"""

from __future__ import annotations

from tusk.services.foreign_keys.links import LinkFinder, Target, Way, ways_from

__all__ = ["LinkFinder", "Target", "Way", "ways_from"]
