"""Every type of PostgreSQL with its odd values, as SQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True)
class TypeCase:
    """A type and values of it.

    Args:
        type: As SQL writes it.
        values: SQL expressions; each is cast to the type. NULL is always added.
        since: The first server version that has all of them.
        arrow: The Arrow type it becomes; text by default.
        setup: Statement that makes the type.
    """

    type: str
    values: tuple[str, ...]
    since: int = 13
    arrow: pa.DataType | None = None
    setup: str = ""

    def query(self) -> str:
        """A query with one row for each value."""
        rows = [f"({n}, ({value})::{self.type})" for n, value in enumerate(self.values)]
        rows.append(f"({len(rows)}, null::{self.type})")
        return f"select v from (values {', '.join(rows)}) t (n, v) order by n"

    def nested(self) -> Iterator[str]:
        """The values inside of other types, as expressions."""
        values = [f"({value})::{self.type}" for value in self.values]
        listed = ", ".join(values)
        array = "null"
        # Arrays of unequal shape make no array.
        if not self.type.endswith("[]"):
            array = f"array[{listed}, null]"
            yield array
            yield f"array[array[{values[0]}, null], array[null, {values[-1]}]]"
        yield f"row({listed}, null, {array}, row({listed}))"


def _quoted(*texts: str) -> tuple[str, ...]:
    return tuple("'" + text.replace("'", "''") + "'" for text in texts)


_us = pa.timestamp("us")

CASES: tuple[TypeCase, ...] = (
    TypeCase("boolean", ("true", "false"), arrow=pa.bool_()),
    TypeCase("smallint", _quoted("-32768", "0", "32767"), arrow=pa.int16()),
    TypeCase("integer", _quoted("-2147483648", "0", "2147483647"), arrow=pa.int32()),
    TypeCase(
        "bigint", _quoted("-9223372036854775808", "0", "9223372036854775807"), arrow=pa.int64()
    ),
    TypeCase(
        "real",
        _quoted(
            "0", "-0", "0.1", "1e20", "1e-45", "3.4028235e38", "16777216", "NaN", "Infinity",
            "-Infinity", "1e6", "123456.7", "1e-5", "0.0001",
        ),
        arrow=pa.float32(),
    ),
    TypeCase(
        "double precision",
        _quoted(
            "0", "-0", "0.1", "1e20", "1e15", "123456789012345", "1e-5", "5e-324",
            "1.7976931348623157e308", "0.30000000000000004", "1e23", "NaN", "Infinity", "-Infinity",
        ),
        arrow=pa.float64(),
    ),
    TypeCase("numeric", _quoted("0", "-0.0", "1.10", "1e-20", "9" * 60 + ".5", "NaN")),
    TypeCase("numeric(10,2)", _quoted("0", "-0.01", "12345678.90"), arrow=pa.decimal128(10, 2)),
    TypeCase("numeric(10,2)", _quoted("1.5", "NaN")),
    TypeCase("numeric(38,10)", _quoted("1" * 28, "-0.0000000001"), arrow=pa.decimal128(38, 10)),
    TypeCase("numeric(38,38)", _quoted("0." + "1" * 38, "0"), arrow=pa.decimal128(38, 38)),
    TypeCase("numeric(39,0)", _quoted("9" * 39, "1")),
    TypeCase("numeric(1000,500)", _quoted("9" * 500 + "." + "9" * 500, "-1", "0")),
    TypeCase("numeric", _quoted("Infinity", "-Infinity"), since=14),
    TypeCase("numeric(5,-2)", _quoted("12345", "-99900"), since=15, arrow=pa.decimal128(7, 0)),
    TypeCase("numeric(2,4)", _quoted("0.0012", "0"), since=15, arrow=pa.decimal128(4, 4)),
    TypeCase("money", _quoted("0", "-92233720368547758.08", "1234.5")),
    TypeCase("text", (*_quoted("", " ", "NULL", "a\tb", "Grüße 日本 🐘", '"', "a,b", "\\", "\\."),
                      r"E'line\nline\r\n'", r"E'\x01\x1b[31m'"), arrow=pa.string()),
    TypeCase("varchar(5)", _quoted("", "abc", "äöü"), arrow=pa.string()),
    TypeCase("char(5)", _quoted("", "abc", "äöü  "), arrow=pa.string()),
    TypeCase("bpchar", _quoted("", "abc  "), arrow=pa.string()),
    TypeCase("name", _quoted("", "pg_class"), arrow=pa.string()),
    TypeCase('"char"', _quoted("", "a"), arrow=pa.string()),
    TypeCase("bytea", _quoted("", r"\xdeadbeef", r"\x00", r"\x5c78"), arrow=pa.binary()),
    TypeCase(
        "date",
        _quoted("1970-01-01", "2024-02-29", "0001-01-01", "9999-12-31"),
        arrow=pa.date32(),
    ),
    TypeCase(
        "date",
        _quoted(
            "infinity", "-infinity", "4713-01-01 BC", "0001-12-31 BC", "0044-03-15 BC",
            "10000-01-01", "5874897-12-31", "2024-01-01",
        ),
        arrow=pa.date32(),
    ),
    TypeCase("time", _quoted("00:00", "23:59:59.999999", "12:34:56.5"), arrow=pa.time64("us")),
    TypeCase("time", _quoted("24:00", "12:00")),
    TypeCase("time(0)", _quoted("12:34:56.7"), arrow=pa.time64("us")),
    TypeCase("time with time zone", _quoted("12:00+02", "23:59:59.999999-15:59:59", "24:00+00")),
    TypeCase(
        "timestamp",
        _quoted("1970-01-01", "2024-02-29 12:34:56.789012", "0001-01-01", "9999-12-31 23:59:59"),
        arrow=_us,
    ),
    TypeCase(
        "timestamp",
        _quoted(
            "infinity", "-infinity", "4713-01-01 00:00:00 BC", "0001-12-31 23:59:59.999999 BC",
            "10000-01-01", "200000-01-01 00:00:00.000001", "2024-01-01",
        ),
        arrow=_us,
    ),
    TypeCase("timestamp", _quoted("294276-12-31 23:59:59.999999", "2024-01-01")),
    TypeCase("timestamp(3)", _quoted("2024-01-01 12:00:00.123456"), arrow=_us),
    TypeCase(
        "timestamp with time zone",
        _quoted(
            "1970-01-01 00:00Z", "2024-02-29 12:34:56.789012+02", "2024-07-01 00:00Z",
            "2024-10-27 00:30Z", "2024-10-27 01:30Z", "1945-05-24 00:00Z", "1900-06-01 00:00Z",
        ),
    ),
    TypeCase(
        "timestamp with time zone",
        _quoted(
            "infinity", "-infinity", "4713-01-02 00:00:00+00 BC", "1800-01-01 00:00Z",
            "0044-03-15 12:00Z BC", "10000-01-01 00:00Z", "2024-01-01 00:00Z",
        ),
    ),
    TypeCase(
        "interval",
        _quoted(
            "0", "1 year 2 mons -3 days 04:05:06.789", "-1 sec", "1 mon -1 day", "178000000 years",
            "1000000 hours", "-00:00:00.000001",
        ),
    ),
    TypeCase("interval", _quoted("infinity", "-infinity"), since=17),
    TypeCase("interval year to month", _quoted("1 year 5 mons 3 days")),
    TypeCase("interval(0)", _quoted("1.6 sec")),
    TypeCase("uuid", _quoted("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")),
    TypeCase("json", _quoted('{"b": 1,  "a": [null, "\\u00e9"]}', "null", " 1 ")),
    TypeCase("jsonb", _quoted('{"b": 1,  "a": [null, "é"]}', "null", "12345678901234567890.10")),
    TypeCase("jsonpath", _quoted("$.a[*] ? (@.b > 1)", "strict $")),
    TypeCase("xml", _quoted("<a b='1'>x</a>", "text <b/>")),
    TypeCase("inet", _quoted("192.168.1.1", "10.0.0.0/8", "::1", "2001:db8::/32")),
    TypeCase("cidr", _quoted("192.168.0.0/16", "2001:db8::/32", "10.1.2.3/32")),
    TypeCase("macaddr", _quoted("08:00:2b:01:02:03")),
    TypeCase("macaddr8", _quoted("08:00:2b:01:02:03:04:05")),
    TypeCase("bit(8)", _quoted("10101010", "00000000")),
    TypeCase("bit varying", _quoted("1", "", "10101")),
    TypeCase("bit varying(10)", _quoted("101")),
    TypeCase("tsvector", _quoted("a fat cat", "'it''s':1A b:2,3B")),
    TypeCase("tsquery", _quoted("fat & (rat | !cat)", "a <-> b")),
    TypeCase("point", _quoted("(1,2)", "(-0.5,1e300)", "(NaN,Infinity)")),
    TypeCase("line", _quoted("{1,-1,0}")),
    TypeCase("lseg", _quoted("[(0,0),(1,1)]")),
    TypeCase("box", _quoted("((1,1),(0,0))")),
    TypeCase("path", _quoted("[(0,0),(1,1)]", "((0,0),(1,1),(2,0))")),
    TypeCase("polygon", _quoted("((0,0),(1,1),(2,0))")),
    TypeCase("circle", _quoted("<(0,0),1.5>")),
    TypeCase("oid", _quoted("0", "4294967295"), arrow=pa.uint32()),
    TypeCase("xid", _quoted("0", "4294967295"), arrow=pa.uint32()),
    TypeCase("cid", _quoted("0", "4294967295"), arrow=pa.uint32()),
    TypeCase("xid8", _quoted("0", "18446744073709551615"), arrow=pa.uint64()),
    TypeCase("tid", _quoted("(0,1)")),
    TypeCase("regclass", _quoted("pg_class", "0")),
    TypeCase("regtype", _quoted("integer", "timestamptz")),
    TypeCase("regproc", _quoted("now")),
    TypeCase("regprocedure", _quoted("abs(integer)")),
    TypeCase("regnamespace", _quoted("pg_catalog")),
    TypeCase("regrole", _quoted("pg_monitor")),
    TypeCase("regoper", _quoted("pg_catalog.||/")),
    TypeCase("regoperator", _quoted("+(integer,integer)", "-(NONE,bigint)")),
    TypeCase("regconfig", _quoted("english")),
    TypeCase("regdictionary", _quoted("simple")),
    TypeCase("regcollation", _quoted('"C"')),
    TypeCase("pg_lsn", _quoted("0/0", "FFFFFFFF/FFFFFFFF", "16/B374D848")),
    TypeCase("pg_snapshot", _quoted("10:20:10,14,15")),
    TypeCase("txid_snapshot", _quoted("10:20:10,14,15")),
    TypeCase("refcursor", _quoted("some cursor")),
    TypeCase("int4range", _quoted("[1,5)", "(,3]", "empty", "(,)")),
    TypeCase("int8range", _quoted("[1,9223372036854775807)", "(,)")),
    TypeCase("numrange", _quoted("[1.10,2.2]", "(NaN,)")),
    TypeCase("tsrange", _quoted("[2024-01-01,infinity)", "(0044-03-15 BC,2024-01-01 12:00]")),
    TypeCase("tstzrange", _quoted("[2024-01-01 00:00+00,infinity)")),
    TypeCase("daterange", _quoted("[2024-01-01,2024-12-31]", "[0044-01-01 BC,infinity]")),
    TypeCase("int4multirange", _quoted("{[1,3),[5,7)}", "{}"), since=14),
    TypeCase("int8multirange", _quoted("{[1,3)}", "{}"), since=14),
    TypeCase("nummultirange", _quoted("{[1.10,2.2],(3,)}"), since=14),
    TypeCase("datemultirange", _quoted("{[2024-01-01,2024-02-01)}"), since=14),
    TypeCase("tsmultirange", _quoted("{[2024-01-01,2024-02-01 12:00)}"), since=14),
    TypeCase("tstzmultirange", _quoted("{[2024-01-01 00:00+00,infinity)}"), since=14),
    TypeCase("integer[]", _quoted("{}", "{1,NULL,3}", "{{1,2},{3,4}}", "[0:1]={1,2}",
                                  "[-1:0][5:6]={{1,2},{3,4}}")),
    TypeCase("text[]", _quoted('{}', '{"a,b","",NULL,"NULL","q\\"uote","back\\\\slash","{"}')),
    TypeCase("boolean[]", _quoted("{t,f,NULL}")),
    TypeCase("numeric(10,2)[]", _quoted("{1.5,NaN,NULL}")),
    TypeCase("bytea[]", (r"""E'{"\\\\xdead",NULL}'""",)),
    TypeCase("date[]", _quoted("{2024-01-01,infinity,NULL}")),
    TypeCase("timestamp with time zone[]", _quoted('{"2024-01-01 00:00+00",-infinity}')),
    TypeCase("interval[]", _quoted('{"1 day","-1 mon"}')),
    TypeCase("uuid[]", _quoted("{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}")),
    TypeCase("jsonb[]", ("""array['{"a": 1}'::jsonb, null]""",)),
    TypeCase("point[]", _quoted('{"(1,2)","(3,4)"}')),
    TypeCase("box[]", _quoted("{(1,1),(0,0);(2,2),(1,1)}")),
    TypeCase("int4range[]", _quoted('{"[1,2)",empty}')),
    TypeCase("mood", _quoted("sad", "o'k, \"fine\""),
             setup="""create type mood as enum ('sad', 'o''k, "fine"')"""),
    TypeCase("mood[]", _quoted('{sad,NULL}'),
             setup="""create type mood as enum ('sad', 'o''k, "fine"')"""),
    TypeCase("pair", ("row(1, 'a,\"b')", "row(null, '')", "row(null, null)"),
             setup="create type pair as (a int, b text)"),
    TypeCase("pair[]", ("array[row(1, 'x')::pair, null]",),
             setup="create type pair as (a int, b text)"),
    TypeCase("nested", ("row(row(1, 'x'), '{1,2}')",),
             setup="create type pair as (a int, b text); create type nested as (p pair, n int[])"),
    TypeCase("posint", _quoted("5"), arrow=pa.int32(),
             setup="create domain posint as int check (value > 0)"),
    TypeCase("price", _quoted("5.50"), arrow=pa.decimal128(8, 2),
             setup="create domain price as numeric(8,2)"),
    TypeCase("posint[]", _quoted("{1,2}"), setup="create domain posint as int check (value > 0)"),
    TypeCase("floatrange", _quoted("[1.5,2.5)"),
             setup="create type floatrange as range (subtype = float8)"),
    TypeCase("record", ("row(1, 'a', null)", "row()")),
    TypeCase("aclitem", _quoted("=r/tusk")),
    TypeCase("int2vector", _quoted("1 2 3")),
    TypeCase("oidvector", _quoted("1 2 3")),
)  # fmt: skip
