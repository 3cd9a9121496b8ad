"""`tusk connections import`: connections of other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tusk.cli.narration import say, warn
from tusk.cli.output import FormatOption, write_rows

if TYPE_CHECKING:
    from tusk.services.connection_imports import Proposal, Source

_Source = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE",
        help="Whose connections: dbeaver, pgadmin, pgpass, service or environment.",
        autocompletion=lambda: ["dbeaver", "pgadmin", "pgpass", "service", "environment"],
    ),
]


def import_connections(
    source: _Source,
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE",
            help="A file, or a folder of DBeaver; without it the usual places are looked at.",
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="NAME", help="Take this one; may be repeated."),
    ] = None,
    with_passwords: Annotated[
        bool,
        typer.Option(
            "--with-passwords",
            help="Keep the passwords that are found, too. Those of a password file stay there.",
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would be stored.")
    ] = False,
    format_name: FormatOption = "",
) -> None:
    """Store the connections of another program. Those that are stored already stay as they are.

    \b
    Examples:
      tusk connections import dbeaver --dry-run
      tusk connections import pgadmin servers.json
      tusk connections import pgpass --only shop@db.example
    """
    from tusk.services import connection_imports

    kind = _source_of(source)
    found = connection_imports.find_in(file, kind) if file else connection_imports.find(kind)
    for problem in found.problems:
        warn(problem)
    if not found.candidates and not found.refused:
        say("nothing to import: " + connection_imports.nothing_words(kind))
    proposals = connection_imports.propose_for_stored(found)
    chosen = _chosen(proposals, only or [])
    if not dry_run:
        connection_imports.store(chosen, with_passwords=with_passwords)
    rows = [
        _import_row(each, is_chosen=each in chosen, is_dry=dry_run, with_passwords=with_passwords)
        for each in proposals
    ]
    rows += [
        {"name": each.name, "state": "cannot be taken", "note": each.reason}
        for each in found.refused
    ]
    columns = ["name", "state", "engine", "location", "group", "password", "note"]
    write_rows([dict.fromkeys(columns) | row for row in rows], columns, format_name)
    say(f"{'would store' if dry_run else 'stored'} {len(chosen)} of {len(rows)}")


def _source_of(text: str) -> Source:
    from tusk.core.errors import UsageError
    from tusk.services.connection_imports import Source

    try:
        return Source(text)
    except ValueError:
        raise UsageError(
            f"tusk imports nothing from {text!r}", hint="it knows: " + ", ".join(Source)
        ) from None


def _chosen(proposals: list[Proposal], only: list[str]) -> list[Proposal]:
    """Those to store: all that are new, or the named ones."""
    from tusk.core.errors import UsageError

    new = [each for each in proposals if each.is_new]
    if not only:
        return new
    names = {name for each in new for name in (each.profile.name, each.candidate.profile.name)}
    if missing := [name for name in only if name not in names]:
        raise UsageError(
            f"there is no new connection {missing[0]!r} to import",
            hint="--dry-run shows what there is",
        )
    return [e for e in new if e.profile.name in only or e.candidate.profile.name in only]


def _import_row(
    proposal: Proposal, *, is_chosen: bool, is_dry: bool, with_passwords: bool
) -> dict[str, object]:
    from tusk.services.connections import location_of

    profile, candidate = proposal.profile, proposal.candidate
    password = None
    if candidate.password is not None:
        password = "taken" if with_passwords and is_chosen else "not taken"
    return {
        "name": profile.name,
        "state": "imported" if is_chosen and not is_dry else proposal.words,
        "engine": profile.engine,
        "location": location_of(profile),
        "group": profile.group or None,
        "password": password,
        "note": "; ".join(candidate.notes) or None,
    }
