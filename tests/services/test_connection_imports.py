"""Connections of other programs: what of their files is understood, and what is said of the rest."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7
from hypothesis import given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict

from tests.support.hostile import HOSTILE_TEXTS
from tusk.core.errors import StorageError, TuskError, UsageError
from tusk.core.text import safe
from tusk.services import connection_imports, connections
from tusk.services.connection_imports import Candidate, Found, Source, find, find_in
from tusk.services.connections import ConfirmWrites, Profile, SshRoute, check_profile

PRODUCTION = {
    "provider": "postgresql",
    "driver": "postgres-jdbc",
    "name": "billing",
    "folder": "Prod/EU",
    "read-only": True,
    "configuration": {
        "host": "db.example.com",
        "port": "5433",
        "database": "billing",
        "url": "jdbc:postgresql://db.example.com:5433/billing",
        "configurationType": "MANUAL",
        "type": "prod",
        "auth-model": "native",
        "bootstrap": {"defaultSchema": "Sales", "query": ["set statement_timeout = 0"]},
        "handlers": {
            "postgre_ssl": {
                "enabled": True,
                "properties": {"sslMode": "verify-ca", "ssl.ca.cert": "/certs/ca.pem"},
            },
            "ssh_tunnel": {
                "type": "TUNNEL",
                "enabled": True,
                "properties": {
                    "host": "bastion",
                    "port": 2222,
                    "authType": "PUBLIC_KEY",
                    "keyPath": "/home/ann/.ssh/id_rsa.pub",
                    "jumpServer0.enabled": True,
                    "jumpServer0.host": "gate",
                    "jumpServer0.port": 22,
                    "jumpServer0.name": "bob",
                },
            },
            "socks_proxy": {"enabled": False},
        },
    },
}
TYPES = {"prod": {"name": "Production", "color": "250,207,207", "confirm-execute": True}}


def write(path: Path, content: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def encrypted(content: object) -> bytes:
    """As DBeaver writes it; not by the program that tusk reads it with."""
    pad = PKCS7(128).padder()
    plain = pad.update(json.dumps(content).encode()) + pad.finalize()
    start = bytes(range(16))
    key = bytes.fromhex("babb4a9f774ab853c96c2d653dfe544a")
    cipher = Cipher(algorithms.AES(key), modes.CBC(start)).encryptor()
    return start + cipher.update(plain) + cipher.finalize()


def only(found: Found) -> Candidate:
    assert not found.refused, found.refused
    (candidate,) = found.candidates
    return candidate


def dbeaver(tmp_path: Path, *connections: Mapping[str, Any], **rest: object) -> Found:
    content = {"connections": {f"c{n}": item for n, item in enumerate(connections)}, **rest}
    return find_in(write(tmp_path / "data-sources.json", content))


def server(**config: object) -> dict[str, object]:
    return {"provider": "postgresql", "name": "x", "configuration": config}


needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")


# ── DBeaver ──────────────────────────────────────────────────────────────────────────────────


@needs_openssl
def test_all_that_a_connection_of_dbeaver_says_is_taken(tmp_path: Path) -> None:
    project = tmp_path / "General" / ".dbeaver"
    content = {"connections": {"pg-1": PRODUCTION}, "connection-types": TYPES}
    path = write(project / "data-sources.json", content)
    secrets = {
        "pg-1": {
            "#connection": {"user": "ann", "password": "s3cret"},
            "network/ssh_tunnel": {"user": "deploy", "password": "k3y"},
        }
    }
    (project / "credentials-config.json").write_bytes(encrypted(secrets))
    found = find_in(path)
    candidate = only(found)
    assert candidate.profile == Profile(
        "billing",
        "postgres",
        {
            "host": "db.example.com",
            "port": "5433",
            "dbname": "billing",
            "user": "ann",
            "sslmode": "verify-ca",
            "sslrootcert": "/certs/ca.pem",
        },
        group="Prod/EU",
        color="red",
        read_only=True,
        startup_sql=("set statement_timeout = 0",),
        confirm_writes=ConfirmWrites.ALL,
        ssh=SshRoute("deploy@bastion:2222", "bob@gate", "/home/ann/.ssh/id_rsa"),
        search_path=("Sales",),
    )
    assert (candidate.origin, candidate.password) == ("DBeaver, General", "s3cret")
    assert "s3cret" not in repr(found)
    assert find_in(tmp_path) == found


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not encrypted as DBeaver does"),
        (b"x" * 33, "not encrypted as DBeaver does"),
        (b"x" * 48, "encrypted by a password of its own"),
    ],
)
@needs_openssl
def test_users_that_cannot_be_read_are_said_and_the_rest_is_taken(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    (tmp_path / "credentials-config.json").write_bytes(content)
    found = dbeaver(tmp_path, server(host="db"))
    assert only(found).profile.parameters == {"host": "db"}
    assert reason in found.problems[0]


def test_without_openssl_the_rest_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "credentials-config.json").write_bytes(encrypted({}))
    monkeypatch.setenv("PATH", str(tmp_path))
    found = dbeaver(tmp_path, server(host="db", user="ann"))
    assert only(found).profile.parameters == {"host": "db", "user": "ann"}
    assert "needs the program openssl" in found.problems[0]


@pytest.mark.parametrize(
    ("config", "parameters", "more"),
    [
        (
            {"configurationType": "URL", "host": "", "url": "jdbc:postgresql://h:5433/d?user=u"},
            {"host": "h", "port": "5433", "dbname": "d", "user": "u"},
            {},
        ),
        (
            {"url": "jdbc:postgresql://h1,h2:5433/d?ssl=true&currentSchema=a,%22B%22&readOnly=true"},
            {"host": "h1,h2", "port": ",5433", "dbname": "d", "sslmode": "verify-full"},
            {"search_path": ("a", "B"), "read_only": True},
        ),
        ({"url": "jdbc:postgresql:d"}, {"dbname": "d"}, {}),
        (
            {"host": "h", "properties": {"sslmode": "require", "ApplicationName": "me", "x": 1}},
            {"host": "h", "sslmode": "require", "application_name": "me"},
            {},
        ),
        (
            {"host": "h", "handlers": {"postgre_ssl": {"enabled": True}}},
            {"host": "h", "sslmode": "verify-full"},
            {},
        ),
        ({"host": "h", "port": 5432, "color": "#00ff00"}, {"host": "h", "port": "5432"}, {"color": "green"}),
        ({"host": "h", "type": "prod"}, {"host": "h"}, {"color": "red"}),
    ],
)  # fmt: skip
def test_a_server_is_read_from_fields_and_from_its_jdbc_url(
    tmp_path: Path, config: dict[str, object], parameters: dict[str, str], more: dict[str, Any]
) -> None:
    profile = only(dbeaver(tmp_path, server(**config))).profile
    assert profile == Profile("x", "postgres", parameters, **more)


def test_tunnel_and_tls_of_a_network_profile_are_taken(tmp_path: Path) -> None:
    handlers = PRODUCTION["configuration"]["handlers"]  # type: ignore[index]
    config = {"host": "db", "config-profile": "office"}
    found = dbeaver(
        tmp_path, server(**config), **{"network-profiles": {"office": {"handlers": handlers}}}
    )
    profile = only(found).profile
    assert profile.ssh == SshRoute("bastion:2222", "bob@gate", "/home/ann/.ssh/id_rsa")
    assert profile.parameters["sslmode"] == "verify-ca"


def test_what_is_not_taken_is_said(tmp_path: Path) -> None:
    handlers = {
        "ssh_tunnel": {"enabled": True, "properties": {"host": "bastion", "authType": "PASSWORD"}},
        "socks_proxy": {"enabled": True},
    }
    config = {"host": "db", "auth-model": "aws_iam", "handlers": handlers,
              "properties": {"sslkey": "/k.pk8", "currentSchema": "a b"},
              "bootstrap": {"query": ["select 1"]}}  # fmt: skip
    notes = " | ".join(only(dbeaver(tmp_path, server(**config))).notes)
    for words in ("SSH password", "socks_proxy is not", "aws_iam", "/k.pk8", "'a b'", "runs SQL"):
        assert words in notes


def test_files_of_other_engines_are_taken_and_others_refused(tmp_path: Path) -> None:
    found = dbeaver(
        tmp_path,
        {"provider": "sqlite", "driver": "sqlite_jdbc", "name": "a",
         "configuration": {"database": "/data/a.db"}},
        {"provider": "generic", "driver": "duckdb_jdbc", "name": "b",
         "configuration": {"url": "jdbc:duckdb:/data/b.duckdb"}},
        {"provider": "duckdb", "name": "c", "configuration": {"url": "jdbc:duckdb:"}},
        {"provider": "sqlite", "name": "d", "configuration": {"database": "C:\\d.db"}},
        {"provider": "oracle", "driver": "oracle_thin", "name": "e", "configuration": {}},
        {"name": "f"},
        server(host="${host}"),
        server(host="db\x1b[2J"),
        server(host="db", handlers={"ssh_tunnel": {"enabled": True}}),
        server(host="db", handlers={"ssh_tunnel": {"enabled": True, "properties": {"host": "-oX=y"}}}),
        server(url="jdbc:postgresql://h:notaport/d"),
    )  # fmt: skip
    files = [(c.profile.engine, c.profile.parameters["path"]) for c in found.candidates]
    assert files == [("sqlite", "/data/a.db"), ("duckdb", "/data/b.duckdb"), ("duckdb", "")]
    reasons = [refused.reason for refused in found.refused]
    expected = ["not an absolute path", "no engine for oracle_thin", "without driver", "${host}",
                "cannot be shown", "names no host", "no host for ssh", "not a number"]  # fmt: skip
    assert len(reasons) == len(expected)
    for words, reason in zip(expected, reasons, strict=True):
        assert words in reason


@pytest.mark.parametrize(
    "home",
    [
        ".local/share/DBeaverData",
        "snap/dbeaver-ce/current/.local/share/DBeaverData",
        ".var/app/io.dbeaver.DBeaverCommunity/data/DBeaverData",
        "Library/DBeaverData",
    ],
)
def test_dbeaver_is_found_where_it_usually_is(tmp_path: Path, home: str) -> None:
    folder = tmp_path / "home" / home / "workspace6"
    for project, name in (("General", "data-sources.json"), ("Other", "data-sources-2.json")):
        content = {"connections": {"a": server(host=project)}}
        write(folder / project / ".dbeaver" / name, content)
    found = find(Source.DBEAVER)
    assert [c.profile.parameters["host"] for c in found.candidates] == ["General", "Other"]
    assert find() == found
    write(folder / "General" / ".dbeaver" / "data-sources.json", "{")
    broken = find()
    assert [c.profile.parameters["host"] for c in broken.candidates] == ["Other"]
    assert "not valid JSON" in broken.problems[0]


# ── pgAdmin ──────────────────────────────────────────────────────────────────────────────────

FULL_SERVER = {
    "Name": "Fully Defined",
    "Group": "Servers 2",
    "Host": "host.domain.com",
    "Port": 5433,
    "MaintenanceDB": "postgres",
    "Username": "ann",
    "Role": 'my "role',
    "BGColor": "#ff9900",
    "UseSSHTunnel": 1,
    "TunnelHost": "192.168.1.253",
    "TunnelPort": 2222,
    "TunnelUsername": "deploy",
    "TunnelAuthentication": 1,
    "TunnelIdentityFile": "/home/ann/.ssh/id_rsa.pub",
    "PasswordExecCommand": "echo 'test'",
    "ConnectionParameters": {
        "sslmode": "verify-full",
        "connect_timeout": 10,
        "sslpassword": "s3cret",
        "not a keyword": "x",
        "sslcert": "",
    },
    "PostConnectionSQL": "set timezone = 'UTC'",
}


def pgadmin(tmp_path: Path, *servers: object) -> Found:
    content = {"Servers": {str(n): item for n, item in enumerate(servers, start=1)}}
    return find_in(write(tmp_path / "servers.json", content))


def test_all_that_a_server_of_pgadmin_says_is_taken(tmp_path: Path) -> None:
    found = pgadmin(tmp_path, FULL_SERVER)
    candidate = only(found)
    assert candidate.profile == Profile(
        "Fully Defined",
        "postgres",
        {
            "host": "host.domain.com",
            "port": "5433",
            "dbname": "postgres",
            "user": "ann",
            "sslmode": "verify-full",
            "connect_timeout": "10",
        },
        group="Servers 2",
        color="orange",
        startup_sql=('set role "my ""role"', "set timezone = 'UTC'"),
        ssh=SshRoute("deploy@192.168.1.253:2222", "", "/home/ann/.ssh/id_rsa"),
    )
    assert candidate.password is None
    assert "s3cret" not in repr(found)
    assert any("command for the password" in note for note in candidate.notes)


def test_older_exports_and_services_are_read(tmp_path: Path) -> None:
    found = pgadmin(
        tmp_path,
        {"Name": "old", "HostAddr": "10.0.0.5", "Port": "5432", "SSLMode": "require",
         "PassFile": "/p", "Timeout": 5, "UseSSHTunnel": 0, "SharedUsername": "all"},
        {"Name": "service", "Service": "shop", "Username": None, "Port": []},
        {"Name": "nowhere", "Port": 5432},
        "no object",
    )  # fmt: skip
    assert [c.profile.parameters for c in found.candidates] == [
        {
            "hostaddr": "10.0.0.5",
            "port": "5432",
            "user": "all",
            "sslmode": "require",
            "passfile": "/p",
            "connect_timeout": "5",
        },
        {"service": "shop"},
    ]
    assert [r.name for r in found.refused] == ["nowhere", "server 4"]


# ── libpq ────────────────────────────────────────────────────────────────────────────────────


def test_lines_of_the_password_file_become_connections_without_passwords(tmp_path: Path) -> None:
    lines = [
        "# host:port:database:user:password",
        "db.example:5433:shop:ann:s3cret",
        "db.example:*:shop:ann:s3cret",
        r"fe80\:\:1:5432:a\\b:ann:s3:cret",
        "db.example:5433:shop:ann:other s3cret",
        "*:5432:shop:ann:s3cret",
        "db:5432:*:ann:s3cret",
        "db:5432:shop:*:s3cret",
        "s3cret",
        "db:5432:shop:s3cret",
        "",
    ]
    path = write(tmp_path / "home" / ".pgpass", "\n".join(lines))
    path.chmod(0o600)
    found = find()
    assert [c.profile.parameters for c in found.candidates] == [
        {"host": "db.example", "port": "5433", "dbname": "shop", "user": "ann"},
        {"host": "db.example", "dbname": "shop", "user": "ann"},
        {"host": "fe80::1", "port": "5432", "dbname": "a\\b", "user": "ann"},
    ]
    assert found.candidates[0].profile.name == "shop@db.example"
    assert [(r.name, r.reason) for r in found.refused] == [
        ("line 6", "it stands for any host, not for a certain connection"),
        ("line 7", "it stands for any database, not for a certain connection"),
        ("line 8", "it stands for any user, not for a certain connection"),
        ("line 9", "it is not host:port:database:user:password"),
        ("line 10", "it is not host:port:database:user:password"),
    ]
    assert all(c.password is None for c in found.candidates)
    assert "s3cret" not in repr(found)
    path.chmod(0o644)
    assert f"chmod 600 {path}" in find().problems[0]


def test_a_connection_of_the_password_file_logs_in_by_it(pg_db: str, tmp_path: Path) -> None:
    where = {key: str(value) for key, value in conninfo_to_dict(pg_db).items()}
    line = ":".join(where[key] for key in ("host", "port", "dbname", "user", "password"))
    path = write(tmp_path / "elsewhere", line + "\n")
    path.chmod(0o600)
    proposals = connection_imports.propose_for_stored(find_in(path))
    (name,) = connection_imports.store(proposals, with_passwords=True)
    assert not connections.has_password(name)
    target = connections.target_of(connections.get_profile(name))
    assert target.parameters["passfile"] == str(path)
    assert connections.test_target(target).database == where["dbname"]


def test_services_of_another_file_are_taken_with_all_they_say(tmp_path: Path) -> None:
    text = "[shop]\nhost=db\npassword = s3cret\nsslpassword=x\n# no\n[empty]\n[ldap]\nldap://x/y\nuser=a\n"
    found = find_in(write(tmp_path / "services", text))
    shop, ldap = found.candidates
    assert shop.profile == Profile("shop", "postgres", {"host": "db"}, group="services")
    assert shop.password == "s3cret"
    assert shop.notes == ["its sslpassword is not taken"]
    assert "LDAP" in ldap.notes[0]
    assert [r.name for r in found.refused] == ["empty"]
    usual = write(tmp_path / "home" / ".pg_service.conf", text)
    assert find_in(usual).candidates[0].profile.parameters == {"service": "shop"}


# ── anything ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "cannot tell what"),
        (b"hello\n", "cannot tell what"),
        (b"{}", "cannot tell what"),
        (b'{"connections"', "not valid JSON"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b'{"Servers": []}', "holds no servers of pgAdmin"),
        (b"\xff\xfe{\x00}\x00", "no text in UTF-8"),
        (b"\x00" * (17 << 20), "larger than 16 MiB"),
    ],
)
def test_a_file_that_is_something_else_is_said(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(content)
    with pytest.raises(TuskError) as caught:
        find_in(path)
    assert message in caught.value.message + caught.value.hint


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path / "none", Path("/dev/zero"), Path("a\0b")):
        for source in (None, Source.DBEAVER, Source.PGADMIN, Source.PGPASS, Source.SERVICE):
            with pytest.raises((StorageError, UsageError)):
                find_in(path, source)
    with pytest.raises(UsageError, match="no connections of DBeaver"):
        find_in(tmp_path)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(HOSTILE_TEXTS),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["configuration", "handlers", "ssh_tunnel", "enabled", "properties", "host", "port", "url",
             "bootstrap", "query", "type", "provider", "Host", "Port", "ConnectionParameters", "Name",
             "UseSSHTunnel", "TunnelHost", "Role", "folder", "color", "name", "sslMode"]
        ),
        inner,
        max_size=8,
    ),
    max_leaves=30,
)  # fmt: skip


@given(item=_JSON, kind=st.sampled_from(["connections", "Servers"]))
def test_no_json_breaks_an_import(
    tmp_path_factory: pytest.TempPathFactory, item: object, kind: str
) -> None:
    folder = tmp_path_factory.getbasetemp()
    if isinstance(item, dict):
        item = {"provider": "postgresql", **item}
    path = write(folder / "data-sources.json", {kind: {"a": item}, "connection-types": item})
    found = find_in(path)
    assert len(found.candidates) + len(found.refused) == 1
    for candidate in found.candidates:
        check_profile(candidate.profile)
        assert all(safe(value) == value for value in candidate.profile.parameters.values())


@given(text=st.text(alphabet=st.sampled_from("a1:\\*#[]=\n \t\x1b")))
def test_no_text_breaks_an_import(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = write(tmp_path_factory.getbasetemp() / "x", text)
    for source in (Source.PGPASS, Source.SERVICE):
        for candidate in find_in(path, source).candidates:
            check_profile(candidate.profile)


# ── beside what is stored ────────────────────────────────────────────────────────────────────


def test_what_leads_to_the_same_place_is_known_and_names_are_free() -> None:
    def candidate(name: str, **parameters: str) -> Candidate:
        return Candidate(Profile(name, "postgres", parameters), "here", password="s3cret")

    connections.add_profile(Profile("shop", "postgres", {"host": "db", "port": "5432"}))
    found = Found(
        [
            candidate("other", host="db"),
            candidate("shop", host="db2", sslmode="require"),
            candidate("shop", host="db3"),
            candidate("again", host="db3"),
        ]
    )
    proposals = connection_imports.propose_for_stored(found)
    assert [(p.profile.name, p.words) for p in proposals] == [
        ("other", "stored as shop"),
        ("shop 2", "new: shop is taken"),
        ("shop 3", "new: shop is taken"),
        ("again", "same as shop 3"),
    ]
    new = [proposal for proposal in proposals if proposal.is_new]
    assert connection_imports.store(new) == ["shop 2", "shop 3"]
    assert not connections.has_password("shop 2")
    with pytest.raises(UsageError, match="already"):
        connection_imports.store(new)
    connections.remove_profile("shop 3")
    with pytest.raises(UsageError, match="already"):
        connection_imports.store([new[1], new[0]], with_passwords=True)
    assert connections.find_profile("shop 3") is None
    assert not connections.has_password("shop 3")
