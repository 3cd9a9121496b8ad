"""`tusk demo`: try it with sample data."""

from __future__ import annotations

from tusk.cli.apps import command_app
from tusk.cli.open import has_terminal, run_app

app = command_app()


@app.command()
def demo() -> None:
    """Try tusk with sample data: a year of ferries.

    With a terminal the app opens and the first query has run; without one, its rows are printed.

    \b
    Example:
      tusk demo
    """
    if has_terminal():
        run_app(None, demo=True)
    from tusk.cli.query_run import print_demo

    print_demo()
