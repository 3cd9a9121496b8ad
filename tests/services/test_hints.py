"""What is said when a statement was meant for psql, or lacks the value of a parameter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from tusk.core.errors import TuskError
from tusk.core.events import Event, Failed
from tusk.core.params import ParameterValue
from tusk.core.statement import Statement
from tusk.services.connections import Session, open_session, resolve
from tusk.services.queries import RunOptions, run_statements


@pytest.fixture(
    params=["duckdb", "sqlite", "datafusion", pytest.param("postgres", marks=pytest.mark.postgres)]
)
def session(request: pytest.FixtureRequest) -> Iterator[Session]:
    """A session of each engine."""
    if request.param == "datafusion":
        pytest.importorskip("datafusion")
    is_server = request.param == "postgres"
    text = request.getfixturevalue("pg_socket_dsn") if is_server else f"{request.param}://"
    session = open_session(resolve(text))
    yield session
    session.close()


def failure(
    session: Session, text: str, parameters: Mapping[str, ParameterValue] | None = None
) -> TuskError:
    """How a statement fails."""
    events: list[Event] = []
    options = RunOptions(parameters=parameters)
    assert not run_statements(session, [Statement(text)], events.append, options)
    (error,) = [event.error for event in events if isinstance(event, Failed)]
    return error


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("\\d t", "tusk schema NAME"),
        ("\\dt+", "tusk schema NAME"),
        ("\\copy t from 'x.csv'", "COPY … FROM STDIN"),
        ("select 1 as a \\gx", "-F vertical"),
        ("select 1 as a \\gx\nselect 2 as a", "-F vertical"),
        ("\\x", "-F vertical"),
        ("\\timing on", "the time of every statement"),
        ("\\i script.sql", "tusk query -f FILE"),
        ("\\watch 1", ""),
    ],
)
def test_what_does_the_work_of_psqls_commands_is_named(
    session: Session, text: str, hint: str
) -> None:
    error = failure(session, text)
    word = text.partition("\\")[2].split()[0].rstrip("+")
    assert error.hint.startswith(f"\\{word} is psql's: " if hint else f"\\{word} is not SQL")
    assert hint in error.hint


@pytest.mark.parametrize(
    "text", ["select '\\d', nonsense", 'select nope."\\d" -- \\d', "select nope"]
)
def test_a_backslash_in_a_string_is_none_of_psqls_commands(session: Session, text: str) -> None:
    assert "psql" not in failure(session, text).hint


def test_a_parameter_without_a_value_is_named(session: Session) -> None:
    error = failure(session, "select :cost + 1 as a")
    assert error.hint == ":cost has no value; `tusk query` takes one with -p cost=VALUE"
    error = failure(session, "select :a + :b as c", {"a": 1})
    assert ":b has no value" in error.hint


@pytest.mark.parametrize("text", ["select nope, ':a' as b", "selec :a", "select 'a' || nope"])
def test_another_error_is_not_taken_for_a_missing_value(session: Session, text: str) -> None:
    assert "has no value" not in failure(session, text).hint
