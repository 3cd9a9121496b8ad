"""Passwords in texts of others."""

from __future__ import annotations

import pytest

from tusk.config.log import redact


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://ann:s3cret@db/shop",
        "postgres://:s3cret@/shop",
        "host=db password=s3cret user=ann",
        "host=db password = 's3cret' user=ann",
        r"password='x\'s3cret' user=ann",
        "PASSWORD=s3cret",
        "sslpassword=s3cret",
        "{'password': 's3cret', 'host': 'db'}",
        '{"password": "s3cret"}',
        "Target(password='s3cret', name='x')",
        "oauth_client_secret=s3cret",
        "ALTER ROLE ann PASSWORD = 's3cret'",
        "ALTER ROLE ann PASSWORD 's3cret'",
        "create user ann encrypted password\n'it''s s3cret' valid until 'x'",
        r"ALTER ROLE ann PASSWORD E'a\'s3cret'",
        "ALTER ROLE ann PASSWORD U&'s3cret'",
        "ALTER ROLE ann PASSWORD $$s3cret$$",
        "ALTER ROLE ann PASSWORD $a$x 's3cret$a$",
        "ALTER ROLE ann PASSWORD 's3cret that was cut",
        "ALTER ROLE ann PASSWORD 's3cret\\",
        "CREATE SECRET (TYPE s3, KEY_ID 'x', SECRET 's3cret')",
        "CREATE SECRET (TYPE s3, SESSION_TOKEN 's3cret')",
        "mysql --password s3cret",
        "mysql --password=s3cret",
        "mysql --password 's3cret with spaces'",
        "['mysql', '--password', 's3cret']",
        "passwd=s3cret",
        "passwd: s3cret",
        "PGPASSWORD=s3cret psql",
        "host=db password=a,b;s3cret user=ann",
        r"host=db password=a\ s3cret user=ann",
        "postgresql://ann:a@s3cret@db/shop",
        "postgresql://db/shop?user=ann&password=s3cret&sslmode=require",
    ],
)
def test_what_looks_like_a_password_is_masked(text: str) -> None:
    assert "s3cret" not in redact(text)
    assert "***" in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://ann@db:5432/shop",
        "password authentication failed for user 'ann'",
        "tusk connections add shop postgresql://db --password --read-only",
        "ALTER ROLE ann PASSWORD NULL",
        'Token "x" is invalid.',
        "",
    ],
)
def test_the_rest_stays(text: str) -> None:
    assert redact(text) == text


def test_only_the_password_goes() -> None:
    assert redact("alter role a password 'x''y' valid until 'z'") == (
        "alter role a password *** valid until 'z'"
    )
    assert redact("x --password y --limit 5") == "x --password *** --limit 5"
