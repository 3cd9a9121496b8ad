"""Changing rows of a result where they are: staged first, shown as SQL, applied together.

`origin` finds out which table and columns a result's cells come from, `staging` holds what a user
wants changed, `statements` makes SQL of it with its values bound, and `applying` runs that in one
transaction that ends as soon as a row is not what it was.
"""

from __future__ import annotations

from tusk.services.edits.applying import Applier, Conflict
from tusk.services.edits.origin import NotEditable, Origin, OriginColumn, OriginFinder
from tusk.services.edits.staging import DEFAULT, NULL, Special, StagedValue, Staging
from tusk.services.edits.statements import Change, changes_of, preview

__all__ = [
    "DEFAULT",
    "NULL",
    "Applier",
    "Change",
    "Conflict",
    "NotEditable",
    "Origin",
    "OriginColumn",
    "OriginFinder",
    "Special",
    "StagedValue",
    "Staging",
    "changes_of",
    "preview",
]
