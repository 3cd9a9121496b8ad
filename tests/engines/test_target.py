"""What a user types, and what is opened."""

from __future__ import annotations

import gzip
import sqlite3
from pathlib import Path
from typing import Any

import duckdb
import psycopg.conninfo
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tusk.core.errors import ConnectError, TuskError, UsageError
from tusk.engines.base import Target
from tusk.engines.datafiles import data_format, table_name
from tusk.engines.registry import ENGINES, load_engine
from tusk.engines.target import parse_target, postgres_url


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


class TestPostgres:
    @pytest.mark.parametrize(
        "url",
        [
            "postgresql://",
            "postgres://db.example",
            "postgresql://ann@db.example:5433/shop",
            "postgresql://ann:p%40ss%3A%2F@db/shop?sslmode=require&application_name=a%20b",
            "postgresql://%2Fvar%2Frun/shop",
            "postgresql:///shop?host=/var/run&port=5433",
            "postgresql://a,b:5433,[::1]:5434/shop",
            "postgresql://db/shop?options=-c%20search_path%3Dx&passfile=/x",
            "postgresql://db/%C3%A9?connect_timeout=5",
            "postgresql:///?service=prod",
            "postgresql://ann@/shop",
            "postgresql://db/shop?application_name=a+b",
        ],
    )
    def test_a_url_means_what_it_means_to_libpq(self, url: str):
        target = parse_target(url)
        assert target.engine == "postgres"
        ours = dict(target.parameters)
        if target.password is not None:
            ours["password"] = target.password
        assert ours == psycopg.conninfo.conninfo_to_dict(url)

    @pytest.mark.parametrize(
        "text",
        [
            "host=db dbname=shop",
            "  host = db  user='a b' password='it\\'s \\\\ x'",
            "service=prod",
            "dbname=shop password=x\\ y",
            "host='' dbname=shop",
        ],
    )
    def test_a_connection_string_means_what_it_means_to_libpq(self, text: str):
        target = parse_target(text)
        ours = dict(target.parameters)
        if target.password is not None:
            ours["password"] = target.password
        assert ours == psycopg.conninfo.conninfo_to_dict(text)

    @pytest.mark.parametrize(
        "text",
        [
            "postgresql://ann:s3cret@db/shop",
            "postgresql://ann@db/shop?password=s3cret&sslpassword=s3cret",
            "host=db user=ann password=s3cret sslpassword='s3cret'",
        ],
    )
    def test_a_password_is_kept_apart(self, text: str):
        target = parse_target(text)
        assert target.password == "s3cret"
        assert "s3cret" not in target.name
        assert "s3cret" not in repr(target).replace("'sslpassword': 's3cret'", "")
        assert "password" not in target.parameters

    @pytest.mark.parametrize(
        "text",
        [
            "postgresql://ann:s3cret",
            "postgresql://ann:s3cret%zz@db/x",
            "postgresql://ann:s3cret@db:54x/shop",
            "postgresql://db/x?password=s3cret&x",
            "host=db password='s3cret",
            "mysql://ann:s3cret@db/x",
            "ann:s3cret@db",
        ],
    )
    def test_no_error_shows_a_password(self, text: str):
        with pytest.raises(UsageError) as caught:
            parse_target(text)
        assert "s3cret" not in str(caught.value) + caught.value.hint

    @given(
        st.fixed_dictionaries(
            {},
            optional={
                "user": st.text(st.characters(exclude_characters="\0"), min_size=1),
                "dbname": st.text(st.characters(exclude_characters="\0"), min_size=1),
                "host": st.sampled_from(["db", "/tmp/s x", "::1", "a,b", "é.example"]),
                "port": st.sampled_from(["5432", "5432,5433"]),
                "application_name": st.text(st.characters(exclude_characters="\0"), min_size=1),
            },
        )
    )
    def test_a_url_made_from_parameters_reads_back(self, parameters: dict[str, str]):
        if "," in parameters.get("port", "") and "," not in parameters.get("host", ""):
            parameters["host"] = "a,b"
        try:
            "".join(parameters.values()).encode()
        except UnicodeEncodeError:
            return
        read = dict(parse_target(postgres_url(parameters)).parameters)
        if read.get("port") == "5432,5432":
            read["port"] = "5432"
        assert read == parameters


class TestFiles:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("", ("duckdb", {"path": ""})),
            (":memory:", ("duckdb", {"path": ""})),
            ("duckdb://", ("duckdb", {"path": ""})),
            ("duckdb:///:memory:", ("duckdb", {"path": ""})),
            ("duckdb:///x/y.duckdb", ("duckdb", {"path": "/x/y.duckdb"})),
            (
                "duckdb:///x%20y.duckdb?create=true",
                ("duckdb", {"path": "/x y.duckdb", "create": "true"}),
            ),
            ("sqlite://", ("sqlite", {"path": ""})),
            ("sqlite:///x.db", ("sqlite", {"path": "/x.db"})),
            ("datafusion://", ("datafusion", {"path": ""})),
            ("datafusion:///data", ("datafusion", {"path": "/data"})),
            ("DuckDB:///x", ("duckdb", {"path": "/x"})),
        ],
    )
    def test_urls(self, text: str, expected: tuple[str, dict[str, str]]):
        target = parse_target(text, read_only=True)
        assert (target.engine, dict(target.parameters)) == expected
        assert target.read_only

    @pytest.mark.parametrize(
        ("name", "engine"),
        [("a.duckdb", "duckdb"), ("a.ddb", "duckdb"), ("a.sqlite", "sqlite"),
         ("a.sqlite3", "sqlite"), ("A.DuckDB", "duckdb")],
    )  # fmt: skip
    def test_database_files_are_known_by_their_ending(self, folder: Path, name: str, engine: str):
        target = parse_target(name)
        assert target.engine == engine
        assert target.parameters == {"path": str(folder / name)}
        assert target.name == name

    def test_a_db_file_is_known_by_its_first_bytes(self, folder: Path):
        duckdb.connect(str(folder / "duck.db")).close()
        lite = sqlite3.connect(folder / "lite.db")
        lite.execute("create table t (a)")
        lite.close()
        pq.write_table(pa.table({"a": [1]}), folder / "plain")
        assert parse_target("duck.db").engine == "duckdb"
        assert parse_target("lite.db").engine == "sqlite"
        assert parse_target("plain").parameters["files"] == str(folder / "plain")

    @pytest.mark.parametrize(
        "name",
        ["a.parquet", "a.csv", "a.tsv", "a.json", "a.jsonl", "a.ndjson", "a.csv.gz", "a.json.zst",
         "A.CSV", "a b'c\".csv", "new\nline.csv", "é漢🦆.csv", "a=b.csv", "[x].csv"],
    )  # fmt: skip
    def test_data_files_open_in_duckdb(self, folder: Path, name: str):
        (folder / name).touch()
        target = parse_target(name)
        assert target.engine == "duckdb"
        assert target.parameters == {"path": "", "files": str(folder / name)}

    def test_a_folder_opens_in_duckdb(self, folder: Path):
        (folder / "parts").mkdir()
        assert parse_target("parts").parameters["files"] == str(folder / "parts")

    @pytest.mark.parametrize(
        ("text", "error"),
        [
            ("missing.db", ConnectError),
            ("no/such/file", ConnectError),
            ("typo", UsageError),
            ("mysql://x", UsageError),
            ("duckdb:///x?unknown=1", UsageError),
            ("duckdb:///x?create=yes", UsageError),
            ("a\0b", UsageError),
            ("~nobody_of_that_name/x.csv", UsageError),
        ],
    )
    def test_what_cannot_be_opened_says_what_could(self, text: str, error: type[TuskError]):
        with pytest.raises(error) as caught:
            parse_target(text)
        assert caught.value.hint or "unknown user" in caught.value.message or "\0" in text

    def test_a_file_of_another_kind_is_refused(self, folder: Path):
        (folder / "notes.txt").write_text("hello")
        with pytest.raises(UsageError, match=r"notes\.txt"):
            parse_target("notes.txt")

    def test_the_home_folder_is_found(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
        monkeypatch.setenv("HOME", str(tmp_path))
        assert parse_target("~/x.csv").parameters["files"] == str(tmp_path / "x.csv")

    @given(st.text())
    def test_any_text_is_a_target_or_a_clear_error(self, text: str):
        try:
            assert isinstance(parse_target(text), Target)
        except TuskError as error:
            assert error.message


class TestNames:
    @pytest.mark.parametrize(
        ("path", "name"),
        [
            ("sales.csv", "sales"),
            ("Sales 2024-01.csv.gz", "Sales_2024_01"),
            ("2024.parquet", "_2024"),
            ("a.b.c.json", "a_b_c"),
            ("'; drop.csv", "drop"),
            ("☃.csv", "data"),
            ("größe.csv", "größe"),
            ("folder", "folder"),
        ],
    )
    def test_tables_of_files_have_plain_names(self, path: str, name: str):
        assert table_name(Path("/x", path)) == name

    def test_other_files_are_not_data(self):
        for name in ("a.txt", "gz", "a.gz", ".csv", "a.parquet.gz", "a"):
            assert data_format(Path(name)) is None, name


class TestRegistry:
    def test_every_engine_can_be_loaded(self):
        for name in ENGINES:
            assert load_engine(name).name == name

    def test_an_unknown_engine_is_a_usage_error(self):
        with pytest.raises(UsageError, match="oracle"):
            load_engine("oracle")


def test_gzipped_data_is_read(folder: Path):
    with gzip.open(folder / "x.csv.gz", "wt") as file:
        file.write("a,b\n1,x\n")
    session: Any = load_engine("duckdb").connect(parse_target("x.csv.gz"))
    from tusk.core.statement import Statement

    (batch,) = session.execute(Statement("from x")).batches()
    assert batch.to_pydict() == {"a": [1], "b": ["x"]}
    session.close()
