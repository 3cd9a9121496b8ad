"""Saved queries on the disk: names, places, changes by several, removal, what others put there."""

from __future__ import annotations

import os
import stat
import subprocess
import unicodedata
from multiprocessing import get_context
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.hostile import HOSTILE, WITH_NUL
from tusk.config.files import write_private
from tusk.core.errors import ConfigError, UsageError
from tusk.store.saved import (
    MAX_BYTES,
    ChangedMeanwhileError,
    SavedQueries,
    check_name,
)
from tusk.store.saved_format import FrontMatterError, SavedQuery

ONE = SavedQuery("select 1", "One", ("a",))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "config" / "queries"


@pytest.fixture
def saved(root: Path, tmp_path: Path) -> SavedQueries:
    return SavedQueries(root, tmp_path / "state")


def names(saved: SavedQueries, folder: str = "") -> list[str]:
    return [file.name for file in saved.find(folder)[0]]


def write(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_a_query_comes_back_from_its_file(saved: SavedQueries, root: Path) -> None:
    made = saved.add("sales/daily", ONE)
    assert saved.get("sales/daily") == made
    assert (made.name, made.query, made.path) == ("sales/daily", ONE, root / "sales" / "daily.sql")
    assert made.path.read_text() == (
        '-- /// tusk\n-- description = "One"\n-- tags = ["a"]\n-- ///\nselect 1\n'
    )
    assert saved.text("sales/daily") == (made.path.read_text(), made.version)


def test_files_and_folders_are_private_and_nothing_else_is_left(
    saved: SavedQueries, root: Path
) -> None:
    saved.add("sales/daily", ONE)
    saved.change("sales/daily", SavedQuery("select 2"), saved.get("sales/daily").version)
    found = sorted(path.relative_to(root).as_posix() for path in root.rglob("*"))
    assert found == ["sales", "sales/daily.sql"]
    assert stat.S_IMODE((root / "sales").stat().st_mode) == 0o700
    assert stat.S_IMODE((root / "sales/daily.sql").stat().st_mode) == 0o600


def test_without_a_folder_there_are_no_queries(saved: SavedQueries, root: Path) -> None:
    assert saved.find() == ([], [])
    assert saved.folders() == []
    assert saved.removed() == []
    assert not root.exists()


def test_queries_are_listed_by_name_whatever_the_case(saved: SavedQueries) -> None:
    for name in ("b", "A", "sales/z", "Sales/c", "ä"):
        saved.add(name, ONE)
    saved.make_folder("empty/inner")
    assert names(saved) == ["A", "b", "sales/c", "sales/z", "ä"]
    assert names(saved, "sales") == ["sales/c", "sales/z"]
    assert saved.folders() == ["empty", "empty/inner", "sales"]
    with pytest.raises(UsageError, match="no folder"):
        saved.find("nowhere")


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("daily", "daily"),
        (" sales/daily.sql ", "sales/daily"),
        ("/sales/daily/", "sales/daily"),
        ("Über all", "Über all"),
        (unicodedata.normalize("NFD", "Über"), "Über"),
        ("v1.2", "v1.2"),
        ("日本/報告", "日本/報告"),
    ],
)
def test_names_as_they_are_typed(typed: str, name: str) -> None:
    assert check_name(typed) == name


@pytest.mark.parametrize(
    "name",
    [
        "", "/", ".", "..", "../x", "a/../b", "a//b", ".hidden", "a/.git/x", "-x", "a.", "a ./b",
        "a\\b", "a:b", "a*", "a?", 'a"b', "a<b", "a|b", "con", "NUL.x", "a/aux", "x" * 201,
        "ä" * 101, "/".join("a" * 11), "a\nb", "a\x1b[2Jb", "user\u202etxt", "a\u200bb", WITH_NUL,
        "\ud800", ".sql", "a/.sql",
    ],
)  # fmt: skip
def test_names_that_could_not_be_files_everywhere_are_refused(
    saved: SavedQueries, root: Path, name: str
) -> None:
    with pytest.raises(UsageError):
        saved.add(name, ONE)
    for call in (saved.get, saved.text, saved.remove, saved.restore, saved.make_folder):
        with pytest.raises(UsageError):
            call(name)
    with pytest.raises(UsageError):
        saved.move("a", name)
    assert not root.exists()


@given(st.text())
def test_a_name_is_refused_or_stays_what_it_became(name: str) -> None:
    try:
        checked = check_name(name)
    except UsageError:
        return
    assert check_name(checked) == checked
    assert not checked.startswith(("/", "."))
    assert ".." not in checked.split("/")


@pytest.mark.parametrize("text", HOSTILE.values(), ids=list(HOSTILE))
def test_hostile_texts_are_kept_in_a_query(saved: SavedQueries, text: str) -> None:
    query = SavedQuery(text, text, (text,), text)
    assert saved.add("a", query).query == query


def test_a_name_that_is_taken_is_refused_also_in_other_letter_case(saved: SavedQueries) -> None:
    saved.add("Sales/Daily", ONE)
    for name in ("Sales/Daily", "sales/daily", "SALES/DAILY.sql"):
        with pytest.raises(UsageError, match="'Sales/Daily' already"):
            saved.add(name, ONE)
    assert saved.add("sales/weekly", ONE).name == "Sales/weekly"
    assert saved.has("sales/daily")
    with pytest.raises(UsageError) as caught:
        saved.get("sales/daily")
    assert "there is 'Sales/Daily'" in caught.value.hint
    assert saved.add("sales/daily", SavedQuery("2"), replace=True).name == "Sales/Daily"
    assert saved.get("Sales/Daily").query.sql == "2"


def test_names_composed_otherwise_are_the_same(saved: SavedQueries, root: Path) -> None:
    write(root / (unicodedata.normalize("NFD", "Über") + ".sql"), b"select 1\n")
    assert names(saved) == ["Über"]
    assert saved.get("Über").query.sql == "select 1"
    with pytest.raises(UsageError, match="already"):
        saved.add("Über", ONE)


def test_a_change_keeps_comments_and_needs_the_version_that_was_read(saved: SavedQueries) -> None:
    text = '-- /// tusk\n-- description = "One"  # why\n-- owner = "ann"\n-- ///\nselect 1\n'
    before = saved.add_text("a", text)
    after = saved.change("a", SavedQuery("select 2", "Two"), before.version)
    assert saved.text("a")[0] == text.replace('"One"', '"Two"').replace("select 1", "select 2")
    with pytest.raises(ChangedMeanwhileError, match="meanwhile"):
        saved.change("a", ONE, before.version)
    with pytest.raises(ChangedMeanwhileError):
        saved.change_text("a", "select 3", before.version)
    assert saved.get("a") == after


def test_broken_front_matter_is_not_saved_and_reported_with_its_line(
    saved: SavedQueries, root: Path
) -> None:
    version = saved.add("a", ONE).version
    broken = "-- /// tusk\n-- tags = 5\n-- ///\nselect 1"
    for call in (
        lambda: saved.add_text("b", broken),
        lambda: saved.change_text("a", broken, version),
    ):
        with pytest.raises(FrontMatterError):
            call()
    path = write(root / "broken.sql", broken.encode())
    files, problems = saved.find()
    assert [file.name for file in files] == ["a"]
    assert [problem.message for problem in problems] == [
        f"{path}, line 2: tags must be a list of texts"
    ]
    with pytest.raises(ConfigError, match="line 2"):
        saved.get("broken")
    assert saved.text("broken")[0] == broken


def test_what_others_put_into_the_folder_breaks_nothing(
    saved: SavedQueries, root: Path, tmp_path: Path
) -> None:
    saved.add("good", ONE)
    write(root / "latin.sql", b"select 1\n-- caf\xe9\n")
    write(root / "large.sql", b"x" * (MAX_BYTES + 1))
    write(root / "bad\x1bname.sql", b"select 1")
    write(root / "double.sql.sql", b"select 1")
    write(root / "notes.md", b"no query")
    write(root / ".git" / "hidden.sql", b"select 1")
    write(root / ".swap.sql", b"select 1")
    os.mkfifo(root / "pipe.sql")
    (root / "folder.sql").mkdir()
    (root / "dangling.sql").symlink_to(tmp_path / "nowhere")
    files, problems = saved.find()
    assert [file.name for file in files] == ["good"]
    said = "\n".join(problem.message for problem in problems)
    assert len(problems) == 6
    for part in ("latin.sql, line 2: not UTF-8", "large.sql is too large", "pipe.sql is no file",
                 "dangling.sql", "double.sql.sql has no name"):  # fmt: skip
        assert part in said


def test_links_that_lead_out_of_the_folder_are_not_followed(
    saved: SavedQueries, root: Path, tmp_path: Path
) -> None:
    secret = write(tmp_path / "outside" / "secret.sql", b"select 'secret'")
    saved.add("inside", ONE)
    (root / "leak.sql").symlink_to(secret)
    (root / "out").symlink_to(secret.parent)
    (root / "alias.sql").symlink_to(root / "inside.sql")
    files, problems = saved.find()
    assert [file.name for file in files] == ["alias", "inside"]
    assert any("leads out" in problem.message for problem in problems)
    for name in ("leak", "out/secret"):
        for call in (saved.get, saved.text, saved.remove):
            with pytest.raises(UsageError, match="leads out"):
                call(name)
        with pytest.raises(UsageError, match="leads out"):
            saved.add(name, ONE, replace=True)
    with pytest.raises(UsageError, match="leads out"):
        saved.add("out/new", ONE)
    with pytest.raises(UsageError, match="leads out"):
        saved.move("inside", "out/inside")
    with pytest.raises(UsageError, match="leads out"):
        saved.find("out")
    assert [p.name for p in secret.parent.iterdir()] == ["secret.sql"]
    assert secret.read_bytes() == b"select 'secret'"


def test_the_folder_itself_may_be_a_link(tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    repository.mkdir()
    (tmp_path / "queries").symlink_to(repository)
    saved = SavedQueries(tmp_path / "queries", tmp_path / "state")
    saved.add("sales/a", ONE)
    assert names(saved) == ["sales/a"]
    assert (repository / "sales" / "a.sql").exists()


def test_queries_and_folders_move(saved: SavedQueries, root: Path) -> None:
    for name in ("a", "sales/b", "sales/deep/c"):
        saved.add(name, ONE)
    assert saved.move("a", "archive/") == "archive/a"
    assert saved.move("archive/a", "archive/A") == "archive/A"
    assert saved.move("sales", "archive/sales") == "archive/sales"
    assert saved.move("archive/sales/deep", "top") == "top"
    assert names(saved) == ["archive/A", "archive/sales/b", "top/c"]
    for name, new_name, said in (
        ("top/c", "archive/a", "'archive/A' already"),
        ("archive", "archive/sales/x", "into itself"),
        ("archive", "top", "'top' already"),
        ("nowhere", "x", "no saved query"),
        ("top/c", "archive/A.sql/x", "is no folder"),
    ):
        with pytest.raises(UsageError, match=said):
            saved.move(name, new_name)
    assert names(saved) == ["archive/A", "archive/sales/b", "top/c"]


def test_a_removed_query_comes_back_as_it_was(saved: SavedQueries) -> None:
    before, _ = (saved.add("sales/a", ONE), saved.add("b", ONE))
    assert saved.remove("sales/a") == "sales/a"
    assert names(saved) == ["b"]
    assert saved.removed() == ["sales/a"]
    saved.add("sales/a", SavedQuery("another"))
    with pytest.raises(UsageError, match="already"):
        saved.restore("sales/a")
    saved.remove("sales/a")
    assert saved.restore("sales/a").query.sql == "another"
    saved.move("sales/a", "other")
    assert saved.restore("sales/a").query == before.query
    assert saved.removed() == []
    with pytest.raises(UsageError, match="was removed"):
        saved.restore("sales/a")


def test_only_so_many_removed_queries_are_kept(saved: SavedQueries, monkeypatch) -> None:
    monkeypatch.setattr("tusk.store.saved._KEPT_REMOVED", 3)
    for number in range(5):
        saved.add(f"folder/q{number}", ONE)
        saved.remove(f"folder/q{number}")
    assert saved.removed() == ["folder/q4", "folder/q3", "folder/q2"]


def test_folders_are_removed_when_they_are_empty(saved: SavedQueries) -> None:
    saved.add("a/b", ONE)
    with pytest.raises(UsageError, match="not empty"):
        saved.remove_folder("a")
    saved.remove("a/b")
    saved.remove_folder("a")
    assert saved.folders() == []


def test_a_query_too_large_or_no_text_is_refused(saved: SavedQueries) -> None:
    for sql in ("x" * MAX_BYTES, "\ud800"):
        with pytest.raises(UsageError):
            saved.add("a", SavedQuery(sql))
    assert saved.find() == ([], [])


def _add_many(root: Path, state: Path, worker: str) -> None:
    saved = SavedQueries(root, state)
    for number in range(15):
        saved.add(f"{worker}/q{number}", ONE)
        with_counter = saved.get("counter")
        try:
            count = int(with_counter.query.sql) + 1
            saved.change("counter", SavedQuery(str(count)), with_counter.version)
        except ChangedMeanwhileError:
            saved.add(f"lost/{worker}-{number}", ONE)


def test_several_processes_lose_nothing_of_each_other(saved: SavedQueries, tmp_path: Path) -> None:
    saved.add("counter", SavedQuery("0"))
    context = get_context("spawn")
    workers = [
        context.Process(target=_add_many, args=(saved.root, tmp_path / "state", name))
        for name in ("x", "y")
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert len(names(saved, "x")) == len(names(saved, "y")) == 15
    lost = len(names(saved, "lost")) if "lost" in saved.folders() else 0
    assert int(saved.get("counter").query.sql) + lost == 30


def test_a_write_that_fails_leaves_the_old_text(saved: SavedQueries, monkeypatch) -> None:
    version = saved.add("a", ONE).version

    def fails(path: Path, content: bytes) -> None:
        write_private(path.with_name("other.sql"), content)
        raise OSError("no space")

    monkeypatch.setattr("tusk.store.saved.write_private", fails)
    with pytest.raises(OSError, match="no space"):
        saved.change("a", SavedQuery("2"), version)
    assert saved.get("a").query == ONE


def test_the_folder_can_be_a_git_repository(saved: SavedQueries, root: Path) -> None:
    saved.add("sales/a", ONE)

    def git(*words: str) -> str:
        command = ["git", "-c", "user.name=a", "-c", "user.email=a@b", *words]
        return subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout

    git("init", "--quiet")
    git("add", ".")
    git("commit", "--quiet", "-m", "one")
    saved.change("sales/a", SavedQuery("select 2", "One", ("a",)), saved.get("sales/a").version)
    saved.add("b", ONE)
    assert git("status", "--porcelain").split() == ["M", "sales/a.sql", "??", "b.sql"]
    assert "+select 2" in git("diff")
    git("checkout", "--quiet", "sales/a.sql")
    assert saved.get("sales/a").query == ONE
