"""Write docs/settings.md from the settings themselves; a test compares the two.

python tools/make_settings_doc.py
"""

from __future__ import annotations

from pathlib import Path

from tusk.config.settings import SettingInfo, describe

FILE = Path(__file__).resolve().parent.parent / "docs" / "settings.md"

HEAD = """\
# Settings

`tusk config path` prints where the settings file is; it is TOML, and need not exist. Each setting
can also come from an environment variable, which goes before the file.

```
tusk config show                          every setting, its value and where it comes from
tusk config show query.fetch_limit        one setting with its description
tusk config set query.fetch_limit 50000   change it in the file; comments are kept
tusk config set query.fetch_limit --unset go back to the default
```

A setting that tusk does not understand is reported with file and line, and its default is used.
A file that is no TOML is renamed to `config.toml.corrupt-<time>`, which is reported too.
`TUSK_HOME` names a folder for all of tusk's files in place of the system's usual ones.
Results and sorts larger than memory go to temporary files below the cache folder, or where
`TMPDIR` says; `tusk doctor` shows the place and the room there.
"""


def entry(info: SettingInfo) -> str:
    """The paragraph about one setting."""
    default = '""' if info.default == "" else f"{info.default}".lower()
    minimum = "" if info.minimum is None else f", at least {info.minimum:g}"
    return (
        f"\n### `{info.key}`\n\n{info.doc}\n\n"
        f"- Value: {info.type}{minimum}. Default: `{default}`.\n"
        f"- Environment: `{info.variable}`.\n"
    )


def document() -> str:
    """The whole file."""
    return HEAD + "".join(map(entry, describe()))


if __name__ == "__main__":
    FILE.write_text(document(), "utf-8")
