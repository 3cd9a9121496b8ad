"""Plans that are kept: private, without secrets, and read back as they were."""

from __future__ import annotations

import json
import stat

import pytest

from tusk.config.paths import Paths
from tusk.core.errors import StorageError, UsageError
from tusk.services.plans.reading import plan_of_document
from tusk.services.plans.saved import KeptPlan, SavedPlans
from tusk.store.plans import LARGEST_BYTES

DOCUMENT = json.dumps([{"Plan": {"Node Type": "Seq Scan", "Relation Name": "t"}}])


def kept(sql: str = "select * from t", document: str = DOCUMENT) -> KeptPlan:
    return KeptPlan(plan_of_document("postgres", document), sql, "shop", "EXPLAIN")


def test_a_plan_comes_back_as_it_was_the_newest_first() -> None:
    with SavedPlans() as saved:
        first = saved.save(kept(), "before")
        second = saved.save(kept("select 2"), " after ")
        assert [(p.id, p.name, p.sql) for p in saved.list()] == [
            (second, "after", "select 2"),
            (first, "before", "select * from t"),
        ]
        back = saved.open(first)
        assert back.plan == kept().plan
        assert (back.name, back.connection, back.options) == ("before", "shop", "EXPLAIN")
        assert saved.delete(first)
        assert not saved.delete(first)
        with pytest.raises(UsageError, match="no longer there"):
            saved.open(first)


def test_it_is_private_and_holds_no_secret() -> None:
    with SavedPlans() as saved:
        number = saved.save(kept("alter role ann password 'hunter2'"), "x\ud800")
        assert "hunter2" not in saved.open(number).sql
    assert stat.S_IMODE(Paths.find().plans_file.stat().st_mode) == 0o600


def test_what_cannot_be_kept_is_refused() -> None:
    with SavedPlans() as saved:
        with pytest.raises(UsageError, match="name"):
            saved.save(kept(), "  ")
        with pytest.raises(StorageError, match="MiB"):
            saved.save(kept(document=" " * LARGEST_BYTES + DOCUMENT), "large")


def test_a_damaged_file_is_set_aside() -> None:
    path = Paths.find().plans_file
    path.parent.mkdir(parents=True, mode=0o700)
    path.write_bytes(b"no database" * 1000)
    with SavedPlans() as saved:
        assert saved.list() == []
    assert len(list(path.parent.glob("plans*"))) > 1
