"""The shape of plans, over random graphs."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import graph
from domain.ids import StepId

Graph = dict[StepId, Sequence[StepId]]

MANY = 5_000
"""Far more steps than Python nests calls."""


def named(number: int) -> StepId:
    return StepId(f"s{number}")


@st.composite
def acyclic(draw: st.DrawFn) -> Graph:
    """Give a graph without cycles, in shuffled order."""
    size = draw(st.integers(0, 10))
    edges = {
        named(step): [named(wanted) for wanted in draw(st.sets(st.integers(0, step - 1)))]
        if step
        else []
        for step in range(size)
    }
    return {step: edges[step] for step in draw(st.permutations(list(edges)))}


@st.composite
def anything(draw: st.DrawFn) -> Graph:
    """Give any graph: with cycles, self-references, repeats and unknown steps."""
    size = draw(st.integers(0, 8))
    waits = st.lists(st.integers(0, size + 1).map(named), max_size=4)
    return {named(step): draw(waits) for step in range(size)}


seconds_of = st.dictionaries(st.integers(0, 9).map(named), st.floats(0, 1_000))


@given(edges=acyclic())
def test_each_step_follows_what_it_waits_for(edges: Graph) -> None:
    order = graph.topological_order(edges)

    assert sorted(order) == sorted(edges)
    for step in edges:
        assert all(order.index(wanted) < order.index(step) for wanted in edges[step])


@given(edges=acyclic())
def test_steps_of_a_group_do_not_wait_for_each_other(edges: Graph) -> None:
    groups = graph.parallel_groups(edges)

    assert sorted(step for group in groups for step in group) == sorted(edges)
    for depth, group in enumerate(groups):
        before = {step for earlier in groups[:depth] for step in earlier}
        assert group
        assert all(before.issuperset(edges[step]) for step in group)
        # No earlier group would do: something of the group just before is waited for.
        assert all(not depth or set(groups[depth - 1]) & set(edges[step]) for step in group)


@given(edges=acyclic())
def test_a_graph_without_cycles_has_none_found(edges: Graph) -> None:
    assert graph.find_cycle(edges) == ()


@given(edges=anything())
def test_a_found_cycle_is_a_real_one(edges: Graph) -> None:
    cycle = graph.find_cycle(edges)

    assert len(set(cycle)) == len(cycle)
    for step, wanted in zip(cycle, (*cycle[1:], *cycle[:1]), strict=True):
        assert wanted in edges[step]


@given(edges=anything())
def test_a_graph_has_an_order_exactly_when_it_has_no_cycle(edges: Graph) -> None:
    closed = {
        step: [wanted for wanted in waits if wanted in edges] for step, waits in edges.items()
    }

    if graph.find_cycle(edges):
        with pytest.raises(ValueError, match="cycle"):
            graph.topological_order(closed)
    else:
        assert len(graph.topological_order(closed)) == len(closed)


def test_a_step_that_waits_for_itself_is_a_cycle() -> None:
    assert graph.find_cycle({named(0): [named(0)]}) == (named(0),)


def test_a_chain_of_thousands_of_steps_is_searched_without_recursion() -> None:
    chain: Graph = {named(step): [named(step + 1)] for step in range(MANY)}

    assert graph.find_cycle(chain) == ()
    assert len(graph.find_cycle({**chain, named(MANY): [named(0)]})) == MANY + 1


def test_a_step_that_waits_for_an_unknown_one_has_no_order() -> None:
    with pytest.raises(ValueError, match="does not contain"):
        graph.topological_order({named(0): [named(7)]})


@given(edges=acyclic(), data=st.data())
def test_what_is_ready_stays_ready_as_more_ends(edges: Graph, data: st.DataObject) -> None:
    everything = sorted(edges)
    some = data.draw(st.frozensets(st.sampled_from(everything))) if edges else frozenset()
    more = some | (data.draw(st.frozensets(st.sampled_from(everything))) if edges else frozenset())
    nothing: frozenset[StepId] = frozenset()

    early = graph.ready(edges, ended=some, started=nothing)
    late = graph.ready(edges, ended=more, started=nothing)

    assert set(early) <= set(late)
    assert not set(graph.ready(edges, ended=more, started=more)) & more


@given(edges=acyclic())
def test_running_what_is_ready_ends_every_graph(edges: Graph) -> None:
    ended: frozenset[StepId] = frozenset()
    while len(ended) < len(edges):
        batch = graph.ready(edges, ended=ended, started=ended)
        assert batch
        ended |= set(batch)

    assert graph.ready(edges, ended=ended, started=ended) == ()


@given(edges=acyclic(), seconds=seconds_of)
def test_the_critical_path_is_a_chain_no_shorter_than_any_step(
    edges: Graph, seconds: dict[StepId, float]
) -> None:
    path, length = graph.critical_path(edges, seconds)

    assert all(length >= seconds.get(step, 0.0) for step in edges)
    assert length == pytest.approx(sum(seconds.get(step, 0.0) for step in path))
    for before, after in pairwise(path):
        assert before in edges[after]


def test_nothing_has_no_groups_and_no_path() -> None:
    assert graph.parallel_groups({}) == ()
    assert graph.critical_path({}, {}) == ((), 0.0)
