"""The catalogue pane: what can be done with a table and everything else there is."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
from textual.widgets import Static

from tests.tui.desk import Desk, open_desk
from tusk.tui.screens.choice import ChoiceScreen
from tusk.tui.screens.object_view import ObjectScreen
from tusk.tui.screens.query import QueryScreen
from tusk.tui.widgets.lazy_tree import LazyTree

SHOP = """
create table region (id integer primary key, name text not null);
create table customer (
    id integer generated always as identity primary key,
    "Full name" text default '[/x]',
    region integer references region
);
create table purchase (id integer primary key, customer integer references customer);
create view adult as select id from customer;
create index by_name on customer ("Full name");
create function price(item integer) returns numeric language sql as 'select 1.0';
create policy own on customer for select using (true);
grant select on customer to public;
insert into region values (1, 'north'), (2, 'south');
analyze region;
"""


def tree_of(desk: Desk) -> LazyTree[object]:
    tree: LazyTree[object] = desk.screen.query_one("#catalog-tree", LazyTree)
    return tree


def note_of(desk: Desk) -> str:
    return str(desk.screen.query_one("#catalog-note", Static).content)


async def go_to(desk: Desk, text: str) -> None:
    """Put the cursor on the line that says this, or begins with it."""
    tree = tree_of(desk)

    def places() -> list[int]:
        return [
            n
            for n, line in enumerate(tree.lines)
            if text in (line.text, line.text.partition("(")[0].rstrip())
        ]

    await desk.until(lambda: bool(places()), f"the line {text}")
    tree.focus()
    tree.cursor = places()[0]
    await desk.pilot.pause()


async def shown(desk: Desk, text: str) -> ObjectScreen:
    """The screen about an object, once a text is on it."""
    await desk.until(lambda: isinstance(desk.app.screen, ObjectScreen), "the object's screen")
    screen = desk.app.screen
    assert isinstance(screen, ObjectScreen)
    await desk.until(lambda: text in screen.text, f"{text!r} in the text:\n{screen.text}")
    return screen


async def back(desk: Desk) -> None:
    await desk.press("escape")
    await desk.until(lambda: isinstance(desk.app.screen, QueryScreen), "the query screen")


async def test_a_table_of_postgres_from_every_side(pg_db: str) -> None:
    with psycopg.connect(pg_db, autocommit=True) as connection:
        connection.execute(SHOP)
    async with open_desk(pg_db, size=(80, 24)) as desk:
        await desk.press("f2")
        await go_to(desk, "Tables")
        await desk.press("right")
        await go_to(desk, "customer")

        await desk.press("i")
        screen = await shown(desk, "Grants")
        for text in ("Indexes (2)", "by_name", "Constraints", "Referenced by", "own", "PUBLIC"):
            assert text in screen.text
        await desk.press("slash")
        await desk.type("by_na")
        await desk.press("enter")
        assert screen.query_one("#object-text").selected_text == "by_na"  # type: ignore[attr-defined]
        await desk.press("n", "y")
        assert desk.app.clipboard == "by_na"

        await desk.press("d")
        await shown(desk, "CREATE TABLE public.customer")
        assert "CREATE POLICY own" in screen.text
        assert "[/x]" in desk.text()
        await desk.press("o")
        await desk.until(lambda: "CREATE POLICY" in desk.pane.editor.text, "the tab")
        assert "DDL" in desk.pane.title

        await desk.press("f2")
        await go_to(desk, "customer")
        await desk.press("f")
        screen = await shown(desk, "public.region")
        assert "←" in screen.text
        await desk.press(">", "<")
        await shown(desk, "public.purchase")
        await back(desk)

        await go_to(desk, "region")
        await desk.press("c")
        await desk.until(lambda: "~2 rows" in note_of(desk), "the estimate")
        await desk.press("c")
        await desk.until(lambda: "2 rows, counted" in note_of(desk), "the count")
        await desk.press("y")
        assert desk.app.clipboard == "public.region"

        await desk.press("t")
        await desk.until(lambda: isinstance(desk.app.screen, ChoiceScreen), "the templates")
        await desk.type("insert")
        await desk.press("enter")
        await desk.until(lambda: "INSERT INTO public.region" in desk.pane.editor.text, "the tab")
        assert ":name" in desk.pane.editor.text

        await desk.press("f2")
        await go_to(desk, "Functions")
        await desk.press("right")
        await go_to(desk, "price")
        await desk.press("enter")
        screen = await shown(desk, "CREATE OR REPLACE FUNCTION")
        assert "volatile" in screen.text
        await back(desk)


async def test_nodes_are_read_again_and_system_schemas_show_on_demand(pg_db: str) -> None:
    with psycopg.connect(pg_db, autocommit=True) as connection:
        connection.execute(SHOP)
    async with open_desk(pg_db) as desk:
        await desk.press("f2")
        await go_to(desk, "Tables")
        await desk.press("right")
        tree = tree_of(desk)
        assert not any("System" in line.text for line in tree.lines)
        with psycopg.connect(pg_db, autocommit=True) as connection:
            connection.execute("create table brand_new ()")
        await go_to(desk, "Tables")
        await desk.press("r")
        await go_to(desk, "brand_new")
        await desk.press("s")
        await go_to(desk, "System")
        await desk.press("s")
        await desk.until(lambda: not any("System" in line.text for line in tree.lines), "no system")
        await go_to(desk, "Extensions")
        await desk.press("right")
        await go_to(desk, "plpgsql")
        await desk.press("d")
        await shown(desk, "CREATE EXTENSION plpgsql")
        await back(desk)


async def test_a_long_count_is_stopped(pg_db: str) -> None:
    with psycopg.connect(pg_db, autocommit=True) as connection:
        connection.execute("create view endless as select pg_sleep(1000)::text as a")
        connection.execute("create view long as select * from endless, generate_series(1, 9) n")
    async with open_desk(pg_db) as desk:
        await desk.press("f2")
        await go_to(desk, "Views")
        await desk.press("right")
        await go_to(desk, "long")
        await desk.press("c")
        await desk.until(lambda: "counting" in note_of(desk), "the count")
        await desk.press("c")
        await desk.until(lambda: "was stopped" in note_of(desk), "its end")


async def test_embedded_engines_tell_what_they_have(tmp_path: Path) -> None:
    async with open_desk() as desk:
        await desk.run(
            'create table "Odd [x]" (id integer primary key, a text);'
            'create table child (odd integer references "Odd [x]" (id));'
            "create macro plus(a, b) as a + b",
            key="f8",
        )
        await desk.press("f2")
        await go_to(desk, "Tables")
        await desk.press("right")
        await go_to(desk, "Odd [x]")
        await desk.press("i")
        screen = await shown(desk, "Columns (2)")
        await desk.press("d")
        await shown(desk, 'CREATE TABLE "Odd [x]"')
        await desk.press("f")
        await shown(desk, "child")
        await back(desk)
        await desk.press("c")
        await desk.until(lambda: "rows" in note_of(desk), "rows")
        await go_to(desk, "Functions")
        await desk.press("right")
        await go_to(desk, "plus")
        await desk.press("d")
        screen = await shown(desk, "CREATE MACRO")
        assert "Default values" in screen.text
        await desk.press("f")
        assert screen._look == "ddl", "a macro has no foreign keys"


async def test_what_was_found_is_shown_in_its_place(pg_db: str) -> None:
    with psycopg.connect(pg_db, autocommit=True) as connection:
        connection.execute(SHOP)
    async with open_desk(pg_db, size=(80, 24)) as desk:
        tree = tree_of(desk)
        await desk.press("f2")
        await go_to(desk, "Tables")
        await desk.press("right")
        await go_to(desk, "customer")
        await desk.press("slash")
        await desk.type("price")
        await desk.until(lambda: [ln.text for ln in tree.lines] == ["price(item integer)"], "it")
        await desk.press("enter", "escape")

        await desk.until(lambda: len(tree.lines) > 1, "everything")
        line = tree.cursor_line
        assert line is not None
        assert line.text == "price(item integer)"
        texts = [line.text for line in tree.lines]
        assert {"customer", "purchase", "Functions (1)"} <= set(texts)
        await desk.press("enter")
        await shown(desk, "CREATE OR REPLACE FUNCTION")
        await back(desk)

        await desk.press("slash")
        await desk.type("nothing is called so")
        await desk.until(lambda: "Nothing is called like" in note_of(desk), "the note")
        await desk.press("escape")
        await desk.until(lambda: [line.text for line in tree.lines] == texts, "the same as before")


async def test_a_column_is_looked_at_and_written(pg_db: str) -> None:
    with psycopg.connect(pg_db, autocommit=True) as connection:
        connection.execute(SHOP)
        connection.execute("insert into customer (\"Full name\") values ('[/b]'), ('[/b]'), (null)")
        connection.execute("analyze customer")
    async with open_desk(pg_db, size=(80, 24)) as desk:
        await desk.press("f2")
        await go_to(desk, "Tables")
        await desk.press("right")
        await go_to(desk, "customer")
        await desk.press("right")
        await go_to(desk, "Full name")
        await desk.press("enter")
        screen = await shown(desk, "Indexes (1)")
        for text in ("33.3 percent", "{[/b]}", "by_name", "'[/x]'"):
            assert text in screen.text
        await back(desk)
        await desk.press("n")
        await desk.until(lambda: desk.pane.editor.text == '"Full name"', "the name")


async def test_what_belongs_to_the_database_and_the_server(pg_db: str) -> None:
    with psycopg.connect(pg_db, autocommit=True) as connection:
        connection.execute(
            "create function as_text(point) returns text language sql immutable as 'select null'"
        )
        connection.execute("create cast (point as text) with function as_text(point)")
        user, database = connection.info.user, connection.info.dbname
    async with open_desk(pg_db, size=(80, 24)) as desk:
        await desk.press("f2")
        await go_to(desk, "Casts")
        await desk.press("right")
        await go_to(desk, "point AS text")
        await desk.press("y")
        assert desk.app.clipboard == "(point AS text)"
        await desk.press("d")
        await shown(desk, "CREATE CAST (point AS text) WITH FUNCTION public.as_text(point)")
        await back(desk)
        await go_to(desk, "Roles of the server")
        await desk.press("right")
        await go_to(desk, user)
        await desk.press("enter")
        await shown(desk, f"CREATE ROLE {user} SUPERUSER")
        await back(desk)
        await go_to(desk, database)
        await desk.press("d")
        screen = await shown(desk, f"CREATE DATABASE {database}")
        await desk.press("a")
        await shown(desk, "CREATE CAST")
        assert "CREATE DATABASE" not in screen.text
        await back(desk)


async def test_what_was_empty_opens_when_it_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "shop.sqlite"
    with closing(sqlite3.connect(file)) as outside:
        outside.execute("pragma user_version = 1")
        async with open_desk(str(file)) as desk:
            await desk.until_shown("main")
            outside.execute("create table orders (id int)")
            await desk.press("f2", "tab", "tab", "home", "r")
            await desk.until_shown("orders")
