"""What every engine promises of parameters, names and values, asked of all of them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from tests.engines.kits import Kit
from tests.support.hostile import HOSTILE
from tusk.core.dialect import quote_identifier, quote_text
from tusk.core.errors import (
    QueryError,
)
from tusk.core.params import ParameterValue, UntypedText
from tusk.engines.base import Session

# ── parameters ───────────────────────────────────────────────────────────────────────────────

VALUES: dict[str, ParameterValue] = {
    "small": 7,
    "negative": -(2**31),
    "big": 2**62,
    "float": 0.1,
    "text": "plain",
    "unicode": "é漢🦆",
    "empty": "",
    "null": None,
    "bytes": b"\x00\xffab",
}


def test_a_parameter_arrives_as_it_was_given(kit: Kit, session: Session):
    for name, value in VALUES.items():
        assert kit.run(session, "select :p as v", {"p": value}).value == value, name


def test_text_in_a_parameter_is_never_sql(kit: Kit, session: Session):
    for text in [*HOSTILE.values(), "'", "''; drop table t; --", "\\", "$1", ":p", "?1"]:
        query = "select :p as v, 'x' as w where :p = :p"
        assert kit.run(session, query, {"p": text}).rows == [(text, "x")], text


@pytest.mark.parametrize(
    ("type_name", "value", "shown"),
    [
        ("bool", True, "true"),
        ("decimal", Decimal("12345678901234567890.12"), "12345678901234567890.12"),
        ("date", dt.date(2024, 2, 29), "2024-02-29"),
        ("timestamp", dt.datetime(2024, 2, 29, 12, 30, 0, 5), "2024-02-29 12:30:00.000005"),
        ("time", dt.time(12, 30, 1), "12:30:01"),
    ],
)
def test_typed_parameters_keep_their_type(
    kit: Kit, session: Session, type_name: str, value: ParameterValue, shown: str
):
    got = kit.run(session, "select :p as v", {"p": value}).value
    if kit.name == "sqlite":
        # SQLite has none of these types: a truth value is a number, the others are text.
        assert got == (1 if value is True else shown)
    elif kit.name == "postgres" and type_name == "decimal":
        # An unconstrained numeric has more digits than an Arrow decimal holds.
        assert got == shown
    else:
        assert got == value
        assert type(got) is type(value)


def test_a_parameter_without_a_type_takes_the_one_it_looks_like(kit: Kit, session: Session):
    kit.run(session, "create table t (a integer, b varchar)")
    kit.run(session, "insert into t values (5, '00501')")
    values = {"a": UntypedText("5"), "b": UntypedText("00501")}
    assert kit.run(session, "select b from t where a = :a and b = :b", values).value == "00501"


def test_a_parameter_may_occur_again_and_beside_what_looks_like_one(kit: Kit, session: Session):
    query = "select :a as x, ':b' as y, :a as z, :b as w /* :c */ -- :d"
    assert kit.run(session, query, {"a": 1, "b": 2}).rows == [(1, ":b", 1, 2)]


def test_without_parameters_the_text_is_sent_as_it_is(kit: Kit, session: Session):
    assert kit.run(session, "select ':p' as v").value == ":p"
    with pytest.raises(QueryError):
        kit.run(session, "select :p as v")


def test_an_error_behind_a_parameter_is_still_at_the_right_word(kit: Kit, session: Session):
    text = "select :a_rather_long_name as a, nonsense_column as b"
    with pytest.raises(QueryError) as caught:
        kit.run(session, text, {"a_rather_long_name": 1})
    assert caught.value.position == text.index("nonsense_column")


def test_parameters_stream_like_any_query(kit: Kit, session: Session):
    cursor = session.execute(
        kit.statement(f"select * from ({kit.endless_rows}) q where q.n > :p"), {"p": 0}
    )
    assert next(cursor.batches()).num_rows > 0
    cursor.close()


# ── hostile names and values ─────────────────────────────────────────────────────────────────

NAMES = ['a"b', "a'b", "a b", "new\nline", "tab\t", "é漢🦆", "select", "semi;colon", "--", "/*",
         "[x]", "`x`", "$$", "%s", "{x}", "a.b", "\u202ebidi", "x" * 63]  # fmt: skip


def test_any_name_makes_the_round_trip(kit: Kit, session: Session):
    for name in NAMES:
        quoted = quote_identifier(name)
        kit.run(session, f"create table {quoted} ({quoted} integer)")
        kit.run(session, f"insert into {quoted} values (1)")
        result = kit.run(session, f"select {quoted} from {quoted}")
        assert result.schema is not None
        assert result.schema.names == [name]
        assert result.rows == [(1,)]


def test_hostile_text_makes_the_round_trip(kit: Kit, session: Session):
    for name, text in HOSTILE.items():
        assert kit.run(session, f"select {quote_text(text)} as v").value == text, name


def test_a_cell_of_ten_megabytes_arrives(kit: Kit, session: Session):
    size = 10 * 1024 * 1024
    text = (
        f"select replace(hex(zeroblob({size // 2})), '00', 'xx') as v"
        if kit.name == "sqlite"
        else f"select repeat('x', {size}) as v"
    )
    assert len(kit.run(session, text).value) == size


def test_two_thousand_columns_arrive(kit: Kit, session: Session):
    columns = ", ".join(f"{i} as c{i}" for i in range(1600 if kit.name == "postgres" else 2000))
    result = kit.run(session, f"select {columns}")
    assert result.rows[0] == tuple(range(len(result.rows[0])))
