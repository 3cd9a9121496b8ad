"""Query plans: asking an engine for one, reading it, judging it, writing it, keeping it.

`explain` runs EXPLAIN, `reading` turns each engine's answer into one `model.Plan`, `judging` says
what is wrong with it, `writing` makes text and JSON of it, `comparing` aligns two of them and
`saved` keeps them.
"""

from __future__ import annotations

from tusk.services.plans.comparing import Difference, Pair, compare
from tusk.services.plans.explain import (
    Explainer,
    ExplainOptions,
    Unsuitable,
    analyze_question,
    can_analyze,
    can_go_generic,
)
from tusk.services.plans.model import Buffers, Concern, Plan, PlanNode, PlanWarning
from tusk.services.plans.writing import plan_json, plan_text, plan_tree

__all__ = [
    "Buffers",
    "Concern",
    "Difference",
    "ExplainOptions",
    "Explainer",
    "Pair",
    "Plan",
    "PlanNode",
    "PlanWarning",
    "Unsuitable",
    "analyze_question",
    "can_analyze",
    "can_go_generic",
    "compare",
    "plan_json",
    "plan_text",
    "plan_tree",
]
