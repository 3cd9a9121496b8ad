"""Completion that knows the context: `complete` over a `Snapshot` of the catalogue."""

from __future__ import annotations

from tusk.services.completion.candidates import Call, CandidateKind, Completion, Completions
from tusk.services.completion.complete import complete
from tusk.services.completion.files import FileCatalog
from tusk.services.completion.loading import CompletionCatalog, describe_source, spare_session
from tusk.services.completion.snapshot import Snapshot
from tusk.services.completion.usage import Usage

__all__ = [
    "Call",
    "CandidateKind",
    "Completion",
    "CompletionCatalog",
    "Completions",
    "FileCatalog",
    "Snapshot",
    "Usage",
    "complete",
    "describe_source",
    "spare_session",
]
