"""Statements without the secrets in them, for whatever keeps statements.

It works on tokens, not on syntax: wrong SQL, SQL for another engine and SQL inside strings hold
secrets too. In doubt it masks. What it cannot know is a secret that nothing around it names, as
the second value of `insert into users values ('ann', 'hunter2')`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tusk.core.dialect import Dialect

MASK = "***"

# What the value beside such a name is. `secretary` and `max_tokens` are none.
NAME_PATTERN = (
    r"(?:passw(?:or)?d|pass_?phrase|secret(?!ar)|credential(?!_chain)|identified|bearer|account_?key"
    r"|(?:api|access|private|encryption|signing|sas|auth|aws)_?key|key_?id|connection_?string"
    r"|(?<![^\W_])(?:pwd|pass|pw)(?![^\W_])|token(?![^\W_])|(?:hex|re)key|sasl_jaas)"
)
# Without any of these there is nothing to look for. Escapes can spell everything.
_SUSPICIOUS = re.compile(
    rf"{NAME_PATTERN}|\\|://|U&'|\bkey\b|crypt|hmac|pgp_|authorization|%", re.I
)

# Shorter ones are parts of other words: a message that holds one is not kept at all.
_SHORT = 4


@dataclass(frozen=True, slots=True)
class MaskedText:
    """A text without its secrets.

    Args:
        text: What may be kept.
        secrets: What was masked, as it was written and as it was meant.
    """

    text: str
    secrets: tuple[str, ...] = ()


def is_suspicious(text: str) -> bool:
    """Whether there may be a secret in a text; most have none."""
    return _SUSPICIOUS.search(text) is not None


def mask_secrets(text: str, dialect: Dialect) -> MaskedText:
    """Mask passwords, keys and connection strings that hold any, in a statement or a script.

    >>> from tusk.core.dialect import POSTGRES
    >>> mask_secrets("alter role ann PASSWORD $$hunter2$$ valid until '2030-01-01'", POSTGRES).text
    "alter role ann PASSWORD '***' valid until '2030-01-01'"
    >>> mask_secrets("select 'password' as label", POSTGRES).text
    "select 'password' as label"
    """
    if not is_suspicious(text):
        return MaskedText(text)
    from tusk.core.secret_finder import SecretFinder  # its patterns take 3 ms to compile

    return SecretFinder(text, dialect).result()


def mask_message(message: str, secrets: tuple[str, ...]) -> str:
    r"""What an error message may say about a statement that held secrets.

    Servers quote parts of a statement, cut anywhere: only words outside of quotes stay, and
    of the lines only the first.

    >>> mask_message('syntax error at or near "hunter2"\nLINE 1: alter ro', ("hunter2",))
    'syntax error at or near "***"'
    """
    if not secrets:
        return message
    line = message.strip().partition("\n")[0]
    line = re.sub(r"\"[^\"]*(?:\"|\Z)", f'"{MASK}"', line)
    line = re.sub(r"'[^']*(?:'|\Z)", f"'{MASK}'", line)
    for secret in sorted(secrets, key=len, reverse=True):
        if secret and len(secret) < _SHORT and secret in line:
            return MASK
        line = line.replace(secret, MASK) if secret else line
    return line
