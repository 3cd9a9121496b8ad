"""How names are ranked against what somebody types."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tusk.services.catalog.search import Candidate, SearchIndex


def index_of(*names: str, parent: str = "public") -> SearchIndex[str]:
    return SearchIndex([Candidate(name, parent, name) for name in names])


def test_the_whole_name_comes_before_its_start_a_word_a_part_and_scattered_letters() -> None:
    index = index_of("xorderx", "o_r_d_e_r", "customer_order", "order", "orders", "other")

    assert index.best("order") == ["order", "orders", "customer_order", "xorderx", "o_r_d_e_r"]


def test_shorter_names_come_first_among_equals() -> None:
    index = index_of("order_items_archive", "order_items", "order_a", "order_b")

    assert index.best("order_") == ["order_a", "order_b", "order_items", "order_items_archive"]


def test_case_and_surrounding_space_do_not_matter() -> None:
    assert index_of("CustomerÄddress").best("  customeräd ") == ["CustomerÄddress"]


def test_a_dot_looks_at_the_parent_too() -> None:
    index = SearchIndex(
        [Candidate("orders", parent, f"{parent}.orders") for parent in ("shop", "archive")]
    )

    assert index.best("archive.ord") == ["archive.orders"]
    assert index.best("op.ord") == ["shop.orders"]
    assert index.best("orders") == ["shop.orders", "archive.orders"]


def test_letters_of_regular_expressions_are_letters() -> None:
    index = index_of("a.b", "a^b", "a]b", "a\\b", "a-b", "axb")

    for name in ("a^b", "a]b", "a\\b", "a-b"):
        assert index.best(name) == [name]
    assert index.best("[") == []


def test_the_limit_is_kept() -> None:
    index = index_of(*[f"table_{n:03}" for n in range(300)])

    assert index.best("table", limit=3) == ["table_000", "table_001", "table_002"]
    assert len(index.best("t1", limit=20)) == 20
    assert index.best("table", limit=0) == []


NAMES = st.lists(st.text("ab_.-]^\\é\n", min_size=1, max_size=8), max_size=20)


@given(NAMES, st.text("ab_-]^\\é\n", min_size=1, max_size=4))
def test_exactly_the_names_that_hold_the_letters_in_order_are_found(
    names: list[str], sought: str
) -> None:
    def holds(name: str) -> bool:
        rest = iter(name)
        return all(letter in rest for letter in sought.strip())

    found = index_of(*names).best(sought, limit=100)

    expected = [name for name in names if sought.strip() and holds(name)]
    assert sorted(found) == sorted(expected)


def test_the_best_are_found_among_55_000_names() -> None:
    names = [f"customer_order_item_{n}" for n in range(5_000)]
    columns = [f"some_column_{n}_name_{c}" for n in range(5_000) for c in range(10)]
    index = index_of(*names, *columns)

    assert index.best("order_item_4999") == ["customer_order_item_4999"]
    assert index.best("soc4321na9", limit=1) == ["some_column_4321_name_9"]
    assert len(index.best("c", limit=20)) == 20
    assert index.best("zzzz") == []
