"""Which SQL file is run, and what every file must keep to."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tusk.catalog.sqlfiles import SqlFiles, choose
from tusk.core.dialect import DIALECTS
from tusk.core.statement import StatementKind, TokenKind, split, tokens

ENGINES = sorted(DIALECTS)
# Words before a parenthesis that are no functions, or cannot be anybody else's.
_GRAMMAR = {"count", "coalesce", "nullif", "greatest", "array", "any", "operator"}
FOLDER = Path(str(files("tusk.catalog"))) / "queries"
FILES = sorted(FOLDER.glob("*/*.sql"))


@given(
    st.sets(st.integers(90_000, 190_000), max_size=6),
    st.integers(80_000, 200_000),
    st.booleans(),
)
def test_the_newest_file_not_above_the_server_is_chosen(
    versions: set[int], server: int, has_base: bool
) -> None:
    names = [f"columns.{version}.sql" for version in versions]
    names += ["columns.sql"] if has_base else []
    usable = [version for version in versions if version <= server]
    expected = f"columns.{max(usable)}.sql" if usable else "columns.sql" if has_base else None

    assert choose([*names, "keys.sql", "columns_more.sql"], "columns", server) == expected


@pytest.mark.parametrize("name", ["columns.sql.orig", "columns.new.sql", "columns.14.0.sql", "x"])
def test_a_file_with_another_kind_of_name_is_never_chosen(name: str) -> None:
    assert choose([name], "columns", 999_999) is None


def test_postgres_13_has_a_query_of_its_own_for_relations() -> None:
    queries = SqlFiles.load("postgres")

    old, new = queries.get("relations", 130_023), queries.get("relations", 140_000)

    assert old is not None
    assert new is not None
    assert old != new
    assert queries.get("relations", 180_006) == new
    assert queries.depends_on_version("relations")
    assert not queries.depends_on_version("columns")


def test_an_engine_without_files_has_no_kinds() -> None:
    queries = SqlFiles.load("no such engine")

    assert queries.get("columns", 0) is None
    assert not queries.depends_on_version("columns")


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_has_its_files(engine: str) -> None:
    kinds = {"databases", "schemas", "counts", "relations", "columns"}
    if engine == "sqlite":
        kinds.discard("databases")

    assert kinds <= {name.partition(".")[0] for name in SqlFiles.load(engine).queries}


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
class TestEveryFile:
    def test_holds_one_statement_that_only_reads(self, path: Path) -> None:
        (statement,) = split(path.read_text(), DIALECTS[path.parent.name])

        assert statement.kind is StatementKind.QUERY

    def test_has_no_parameter_that_the_readers_do_not_know(self, path: Path) -> None:
        known = {
            "database", "schema", "relation", "parent_schema", "parent", "name",
            "oid", "oids", "classes", "apart", "class", "column", "is_system",
        }  # fmt: skip

        assert set(SqlFiles.load(path.parent.name).queries[path.name].parameters) <= known

    def test_is_not_a_template_but_for_the_schema_of_sqlite(self, path: Path) -> None:
        text = path.read_text()
        if path.parent.name == "sqlite":
            text = text.replace("{schema}.sqlite_master", "").replace("{schema}.sqlite_stat1", "")

        assert "{" not in text
        # Within literals: patterns, and what the server's format() fills in.
        silent = {TokenKind.COMMENT, TokenKind.STRING}
        dialect = DIALECTS[path.parent.name]
        code = [text[t.start : t.end] for t in tokens(text, dialect) if t.kind not in silent]
        assert "%" not in "".join(code)


@pytest.mark.parametrize("path", FOLDER.glob("postgres/*.sql"), ids=lambda path: path.name)
def test_postgres_files_call_only_functions_of_the_server(path: Path) -> None:
    """An unqualified call may run a function that somebody put into `public` for it.

    (CVE-2018-1058: an overload that fits the arguments better wins, wherever it is.)
    """
    (statement,) = split(path.read_text(), DIALECTS["postgres"])
    text = statement.text
    for token in tokens(text, DIALECTS["postgres"]):
        called = re.compile(r"[a-z_0-9]+\(").match(text, token.start)
        if token.kind is TokenKind.WORD and called and called.end() == token.end + 1:
            name = text[token.start : token.end]
            is_ours = text[: token.start].endswith("pg_catalog.")
            assert is_ours or name in _GRAMMAR, name
