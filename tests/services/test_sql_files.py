"""`.sql` files: what is read is written back as it was, and nothing else's change is lost."""

from __future__ import annotations

import os
import resource
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.hostile import HOSTILE
from tusk.core.errors import StorageError, UsageError
from tusk.services import sql_files
from tusk.services.sql_files import (
    MAX_BYTES,
    ChangedOutsideError,
    FileGoneError,
    FileVersion,
    NotEncodableError,
    SqlFile,
    TextForm,
    is_same_file,
    look_at,
    read_sql_file,
    typed_path,
    write_sql_file,
)

OLD = 1_000_000_000
"""A time at which nothing is being written."""

FORMS = [
    TextForm(encoding, has_mark, end)
    for encoding, has_mark in [
        ("utf-8", False),
        ("utf-8", True),
        ("utf-16-le", True),
        ("utf-16-be", True),
        ("utf-32-le", True),
        ("utf-32-be", True),
    ]
    for end in ("\n", "\r\n", "\r")
]
# Lines without the separators that the editor turns into line ends.
LINES = st.lists(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")).map(
        lambda text: "".join(text.splitlines())
    ),
    min_size=2,
    max_size=6,
)


def wrote(path: Path, content: bytes, at: float = OLD) -> Path:
    """Write a file as another program does, some time ago."""
    path.write_bytes(content)
    os.utime(path, (at, at))
    return path


@given(st.sampled_from(FORMS), LINES)
def test_a_text_is_read_and_written_back_byte_by_byte(form: TextForm, lines: list[str]) -> None:
    text = "\n".join(lines)
    if not form.has_mark and text.startswith("\ufeff"):
        return  # which is the mark
    content = form.encode(text)
    assert sql_files._decode(Path("x.sql"), content)[1].replace(form.line_end, "\n") == text
    read_form, raw = sql_files._decode(Path("x.sql"), content)
    assert (read_form.encoding, read_form.has_mark) == (form.encoding, form.has_mark)
    assert form.encode(raw.replace(form.line_end, "\n")) == content


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_the_form_of_a_file_is_kept(form: TextForm, tmp_path: Path) -> None:
    content = form.encode("select 'ü 日本'\n;\n")
    file = read_sql_file(wrote(tmp_path / "a.sql", content))
    assert (file.text, file.form, file.notes) == ("select 'ü 日本'\n;\n", form, ())
    write_sql_file(file.path, file.text + "-- x", file.form, expected=file.version)
    assert file.path.read_bytes() == form.encode("select 'ü 日本'\n;\n-- x")


@pytest.mark.parametrize(
    ("content", "encoding"),
    [(b"select '\x80 caf\xe9';\r\n", "cp1252"), (b"-- \x81 caf\xe9\n", "latin-1")],
)
def test_an_8_bit_text_is_said_and_written_back(
    content: bytes, encoding: str, tmp_path: Path
) -> None:
    file = read_sql_file(wrote(tmp_path / "a.sql", content))
    assert file.form.encoding == encoding
    assert "not UTF-8" in file.notes[0]
    write_sql_file(file.path, file.text, file.form)
    assert file.path.read_bytes() == content
    with pytest.raises(NotEncodableError, match="line 2: '→'"):
        write_sql_file(file.path, "a\n→", file.form)
    assert file.path.read_bytes() == content


def test_mixed_line_ends_become_the_usual_one_and_that_is_said(tmp_path: Path) -> None:
    file = read_sql_file(wrote(tmp_path / "a.sql", b"a\r\nb\r\nc\nd\x0ce\xe2\x80\xa8f"))
    assert file.text == "a\nb\nc\nd\ne\nf"
    assert file.form.line_end == "\r\n"
    assert len(file.notes) == 2
    assert "CRLF" in file.notes[0]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=list(HOSTILE))
def test_hostile_texts_are_read_and_written(text: str, tmp_path: Path) -> None:
    path = tmp_path / "a.sql"
    write_sql_file(path, text, TextForm())
    assert path.read_bytes() == text.encode()
    assert "\r" not in read_sql_file(path).text


def test_what_is_no_text_is_refused_in_words(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.sql")
    cases = {
        tmp_path: "is a folder",
        tmp_path / "none.sql": "there is no file",
        tmp_path / "pipe.sql": "not a file",
        wrote(tmp_path / "a.parquet", b"PAR1\0\0"): "binary",
        wrote(tmp_path / "gpg.sql", b"\x8c\x0d\x04\x09\x03\xff"): "binary",
        wrote(tmp_path / "odd.sql", b"\xff\xfea"): "not UTF-16-LE",
        wrote(tmp_path / "large.sql", b"-" * (MAX_BYTES + 1)): "too large",
        tmp_path / "a.parquet" / "b.sql": "not a directory",
        tmp_path / ("n" * 300): "too long",
    }
    for path, words in cases.items():
        with pytest.raises(StorageError, match=words):
            read_sql_file(path)
    (tmp_path / "loop.sql").symlink_to("loop.sql")
    with pytest.raises(StorageError):
        read_sql_file(tmp_path / "loop.sql")


def test_an_empty_file_is_an_empty_text(tmp_path: Path) -> None:
    file = read_sql_file(wrote(tmp_path / "a.sql", b""))
    assert (file.text, file.form, file.notes) == ("", TextForm(), ())


class TestPaths:
    def test_what_is_typed_is_found_from_the_root(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        assert typed_path(" a b.sql ") == tmp_path / " a b.sql "
        assert typed_path("~/q.sql") == Path.home().resolve() / "q.sql"
        assert typed_path("x/../q.sql") == tmp_path / "q.sql"

    @pytest.mark.parametrize("text", ["", "  ", "a\0b", "~nobody-of-that-name/x.sql"])
    def test_what_is_no_path_is_refused(self, text: str) -> None:
        with pytest.raises(UsageError):
            typed_path(text)

    def test_a_link_is_the_file_it_leads_to(self, tmp_path: Path) -> None:
        path = wrote(tmp_path / "a.sql", b"x")
        (tmp_path / "b.sql").symlink_to(path)
        assert is_same_file(tmp_path / "b.sql", path)
        assert not is_same_file(tmp_path / "c.sql", path)


class TestWriting:
    def test_mode_and_links_stay_and_nothing_else_is_left(self, tmp_path: Path) -> None:
        folder = tmp_path / "real"
        folder.mkdir()
        path = wrote(folder / "a.sql", b"old")
        path.chmod(0o640)
        link = tmp_path / "link.sql"
        link.symlink_to(path)
        write_sql_file(link, "new", TextForm())
        assert link.is_symlink()
        assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("new", 0o640)
        assert [each.name for each in folder.iterdir()] == ["a.sql"]

    def test_another_name_of_the_file_stays_a_name_of_it(self, tmp_path: Path) -> None:
        path = wrote(tmp_path / "a.sql", b"a longer text than the new one")
        (tmp_path / "b.sql").hardlink_to(path)
        write_sql_file(path, "new", TextForm())
        assert (tmp_path / "b.sql").read_text() == "new"
        write_sql_file(path, "longer again", TextForm())
        assert (tmp_path / "b.sql").read_text() == "longer again"

    def test_a_new_file_gets_the_users_mode(self, tmp_path: Path) -> None:
        before = os.umask(0o027)
        try:
            write_sql_file(tmp_path / "a.sql", "x", TextForm())
        finally:
            os.umask(before)
        assert stat.S_IMODE((tmp_path / "a.sql").stat().st_mode) == 0o640

    def test_what_another_program_wrote_is_not_written_over(self, tmp_path: Path) -> None:
        path = wrote(tmp_path / "a.sql", b"old")
        file = read_sql_file(path)
        wrote(path, b"new")
        with pytest.raises(ChangedOutsideError):
            write_sql_file(path, "mine", file.form, expected=file.version)
        assert path.read_text() == "new"
        path.unlink()
        write_sql_file(path, "mine", file.form, expected=file.version)
        assert path.read_text() == "mine"

    @pytest.mark.parametrize("has_other_name", [False, True])
    def test_without_room_the_old_text_stays(
        self, has_other_name: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = wrote(tmp_path / "a.sql", b"old")
        if has_other_name:
            (tmp_path / "b.sql").hardlink_to(path)
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
        try:
            with pytest.raises(StorageError, match="limit for files"):
                write_sql_file(path, "x" * 5000, TextForm())
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert path.read_bytes() == b"old"
        names = {each.name for each in tmp_path.iterdir()} - {"home"}
        assert names == ({"a.sql", "b.sql"} if has_other_name else {"a.sql"})

    def test_where_nothing_can_be_written_it_says_so(self, tmp_path: Path) -> None:
        with pytest.raises(StorageError, match="the folder does not exist"):
            write_sql_file(tmp_path / "no" / "a.sql", "x", TextForm())
        with pytest.raises(StorageError, match="is a folder"):
            write_sql_file(tmp_path, "x", TextForm())
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(StorageError, match="not a file"):
            write_sql_file(tmp_path / "pipe", "x", TextForm())

    @pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everywhere")
    def test_a_file_that_may_not_be_written_says_so(self, tmp_path: Path) -> None:
        path = wrote(tmp_path / "a.sql", b"old")
        path.chmod(0o444)
        with pytest.raises(StorageError, match="permission denied"):
            write_sql_file(path, "x", TextForm())


class TestLooking:
    def test_the_same_content_is_no_change(self, tmp_path: Path) -> None:
        path = wrote(tmp_path / "a.sql", b"old")
        known = read_sql_file(path).version
        assert look_at(path, known) is known
        wrote(path, b"old", OLD + 9)
        again = look_at(path, known)
        assert isinstance(again, FileVersion)
        assert (again.digest, again.facts != known.facts) == (known.digest, True)

    def test_other_content_of_the_same_size_and_time_as_the_new_file_is_seen(
        self, tmp_path: Path
    ) -> None:
        path = tmp_path / "a.sql"
        known = write_sql_file(path, "one", TextForm())
        at = path.stat().st_mtime_ns
        path.write_bytes(b"two")
        os.utime(path, ns=(at, at))
        (_, version) = sql_files._read(path)
        assert version.facts is None
        os.utime(path, (OLD, OLD))
        found = look_at(path, known)
        assert isinstance(found, SqlFile)
        assert found.text == "two"

    def test_a_file_that_is_being_written_is_looked_at_the_next_time(self, tmp_path: Path) -> None:
        path = wrote(tmp_path / "a.sql", b"old")
        known = read_sql_file(path).version
        path.write_bytes(b"")
        assert look_at(path, known) is known
        os.utime(path, (OLD, OLD))
        assert isinstance(look_at(path, known), SqlFile)

    def test_a_file_that_is_gone_or_became_something_else_says_so(self, tmp_path: Path) -> None:
        path = wrote(tmp_path / "a.sql", b"old")
        known = read_sql_file(path).version
        path.unlink()
        with pytest.raises(FileGoneError):
            look_at(path, known)
        path.mkdir()
        with pytest.raises(StorageError, match="is a folder"):
            look_at(path, known)
