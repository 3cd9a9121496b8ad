"""Plans that are kept, to compare later ones with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tusk.config.paths import Paths
from tusk.core.dialect import DIALECTS
from tusk.core.errors import UsageError
from tusk.core.masking import mask_secrets
from tusk.services.plans.reading import plan_of_document
from tusk.store.plans import PlanStore, StoredPlan

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from tusk.services.plans.model import Plan

__all__ = ["KeptPlan", "SavedPlans", "StoredPlan"]


@dataclass(frozen=True, slots=True)
class KeptPlan:
    """A plan with what it is of.

    Args:
        plan: The plan.
        sql: Its statement; once saved, without secrets.
        connection: What the user calls the connection.
        options: What was asked for, in words.
        name: What the user calls it, empty before it is saved.
        saved_at: Seconds since 1970, 0 before it is saved.
    """

    plan: Plan
    sql: str
    connection: str
    options: str = ""
    name: str = ""
    saved_at: float = 0.0


class SavedPlans:
    """The plans of this user. Its methods may be called from any thread.

    Raises:
        StorageError: The file cannot be opened.
    """

    def __init__(self) -> None:
        self._store = PlanStore(Paths.find().plans_file)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def save(self, kept: KeptPlan, name: str) -> int:
        """Keep a plan under a name; its number.

        Raises:
            UsageError: The name is empty.
            StorageError: It cannot be kept.
        """
        if not name.strip():
            raise UsageError("a saved plan needs a name")
        plan = kept.plan
        masked = mask_secrets(kept.sql, DIALECTS[plan.engine])
        stored = StoredPlan(
            name.strip(),
            kept.connection,
            plan.engine,
            masked.text,
            kept.options,
            plan.document,
            plan.is_generic,
        )
        return self._store.add(stored)

    def list(self) -> list[StoredPlan]:
        """What there is, the newest first, without the plans themselves."""
        return self._store.all()

    def open(self, plan_id: int) -> KeptPlan:
        """One plan. Raises UsageError when it is gone."""
        stored = self._store.get(plan_id)
        if stored is None:
            raise UsageError("this plan is no longer there")
        plan = plan_of_document(stored.engine, stored.document)
        return KeptPlan(
            replace(plan, is_generic=stored.is_generic),
            stored.sql,
            stored.connection,
            stored.options,
            stored.name,
            stored.saved_at,
        )

    def delete(self, plan_id: int) -> bool:
        """Forget a plan; whether it was there."""
        return self._store.delete(plan_id)

    def close(self) -> None:
        """Close the file. Idempotent."""
        self._store.close()
