"""The command that adds an extra: to this environment, and from where this tusk came."""

from __future__ import annotations

import importlib.util
import json
from importlib.metadata import Distribution, PathDistribution
from pathlib import Path
from typing import Any

import pytest

from tusk.core.installation import install_command, requirements

CLONE = "/src/my clone"
CLONE_URL = "file:///src/my%20clone"
METADATA = """\
Metadata-Version: 2.1
Name: tusk
Version: 1.0
Requires-Dist: pyarrow>=1
Requires-Dist: no-such-package; extra == "geo"
Requires-Dist: pytest; extra == "charts"
Requires-Dist: pytest; extra == "mixed"
Requires-Dist: no-such-package; extra == 'mixed'
Requires-Dist: tusk[geo,charts,mixed]; extra == "all"
"""


def installed(folder: Path, record: dict[str, Any] | None) -> Distribution:
    """The metadata that an installer leaves."""
    info = folder / "tusk-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(METADATA)
    if record is not None:
        (info / "direct_url.json").write_text(json.dumps(record))
    return PathDistribution(info)


@pytest.mark.parametrize(
    ("record", "source"),
    [
        (None, "'tusk[geo]'"),
        ({"url": CLONE_URL, "dir_info": {}}, f"'{CLONE}[geo]'"),
        ({"url": CLONE_URL, "dir_info": {"editable": True}}, f"--editable '{CLONE}[geo]'"),
        (
            {
                "url": "https://example.invalid/tusk",
                "vcs_info": {"vcs": "git", "requested_revision": "v1", "commit_id": "c0ffee"},
            },
            "'tusk[geo] @ git+https://example.invalid/tusk@v1'",
        ),
        (
            {
                "url": "https://example.invalid/tusk",
                "vcs_info": {"vcs": "git", "commit_id": "c0ffee"},
            },
            "'tusk[geo] @ git+https://example.invalid/tusk@c0ffee'",
        ),
        (
            {"url": "file:///src/tusk-1.0-py3-none-any.whl", "archive_info": {}},
            "'tusk[geo] @ file:///src/tusk-1.0-py3-none-any.whl'",
        ),
    ],
)
def test_the_command_names_the_interpreter_and_the_source(
    record: dict[str, Any] | None, source: str, tmp_path: Path
) -> None:
    found = installed(tmp_path, record)
    command = install_command(found, "geo", tmp_path, "/opt/x y/bin/python")
    assert command == f"'/opt/x y/bin/python' -m pip install {source}"


@pytest.mark.parametrize(
    ("trace", "start"),
    [
        ("pipx_metadata.json", "pipx install --force"),
        ("uv-receipt.toml", "uv tool install --force"),
    ],
)
def test_tools_that_make_the_environment_anew_keep_the_extras_there(
    trace: str, start: str, tmp_path: Path
) -> None:
    (tmp_path / trace).touch()
    folder = installed(tmp_path / "folder", {"url": CLONE_URL, "dir_info": {}})
    assert install_command(folder, "geo", tmp_path, "p") == f"{start} '{CLONE}[charts,geo]'"
    assert install_command(folder, "", tmp_path, "p") == f"{start} '{CLONE}[charts]'"
    editable = {"url": CLONE_URL, "dir_info": {"editable": True}}
    found = installed(tmp_path / "editable", editable)
    command = install_command(found, "charts", tmp_path, "p")
    assert command == f"{start} --editable '{CLONE}[charts]'"


def test_without_pip_uv_installs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert (
        install_command(None, "geo", tmp_path, "/v/bin/python")
        == "uv pip install --python /v/bin/python 'tusk[geo]'"
    )
    assert install_command(None, "", tmp_path, "/v/bin/python").endswith(" tusk")


def test_what_is_needed_is_read_by_extra() -> None:
    needed = {(each.package, each.extra) for each in requirements()}
    assert ("pyarrow", "") in needed
    assert ("keyring", "keyring") in needed
    assert "all" not in {extra for _, extra in needed}
