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
    ],
)
def test_what_looks_like_a_password_is_masked(text: str) -> None:
    assert "s3cret" not in redact(text)
    assert "***" in redact(text)


@pytest.mark.parametrize(
    "text", ["postgresql://ann@db:5432/shop", "password authentication failed for user 'ann'", ""]
)
def test_the_rest_stays(text: str) -> None:
    assert redact(text) == text
