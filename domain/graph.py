"""The shape of a plan: order, parallel groups, critical path. Pure and deterministic."""

from collections.abc import Mapping, Sequence

from domain.ids import StepId

Edges = Mapping[StepId, Sequence[StepId]]
"""Each step with the steps it waits for."""


def find_cycle(edges: Edges) -> tuple[StepId, ...]:
    """Return the steps of one cycle in order, or nothing when there is none.

    References to unknown steps are ignored; the compiler reports them by themselves.
    """
    done: set[StepId] = set()
    for start in edges:
        cycle = _cycle_from(start, edges, done)
        if cycle:
            return cycle
    return ()


def _cycle_from(start: StepId, edges: Edges, done: set[StepId]) -> tuple[StepId, ...]:
    # Iterative, because a hostile draft may chain hundreds of steps.
    path: list[StepId] = []
    on_path: set[StepId] = set()
    stack: list[tuple[StepId, bool]] = [(start, False)]
    while stack:
        step, leaving = stack.pop()
        if leaving:
            path.pop()
            on_path.discard(step)
            done.add(step)
        elif step in on_path:
            return tuple(path[path.index(step) :])
        elif step not in done and step in edges:
            path.append(step)
            on_path.add(step)
            stack.append((step, True))
            stack.extend((wanted, False) for wanted in edges[step])
    return ()


def parallel_groups(edges: Edges) -> tuple[tuple[StepId, ...], ...]:
    """Group an acyclic graph's steps by depth; steps of a group do not wait for each other."""
    depth: dict[StepId, int] = {}
    for step in topological_order(edges):
        depth[step] = 1 + max((depth[wanted] for wanted in edges[step]), default=-1)
    groups: list[list[StepId]] = [[] for _ in range(1 + max(depth.values(), default=-1))]
    for step in edges:
        groups[depth[step]].append(step)
    return tuple(tuple(group) for group in groups)


def topological_order(edges: Edges) -> tuple[StepId, ...]:
    """Order an acyclic graph so that each step follows what it waits for; ties in given order."""
    order: list[StepId] = []
    placed: set[StepId] = set()
    while len(order) < len(edges):
        batch = [step for step in edges if step not in placed and placed.issuperset(edges[step])]
        if not batch:
            raise ValueError("the graph has a cycle or waits for a step it does not contain")
        order.extend(batch)
        placed.update(batch)
    return tuple(order)


def ready(
    edges: Edges, *, ended: frozenset[StepId], started: frozenset[StepId]
) -> tuple[StepId, ...]:
    """Steps not started whose every dependency has ended, in plan order."""
    return tuple(
        step for step, waits in edges.items() if step not in started and ended.issuperset(waits)
    )


def critical_path(
    edges: Edges, seconds: Mapping[StepId, float]
) -> tuple[tuple[StepId, ...], float]:
    """The chain of steps that takes longest, and its length in seconds."""
    best: dict[StepId, tuple[float, tuple[StepId, ...]]] = {}
    for step in topological_order(edges):
        before, path = max(
            (best[wanted] for wanted in edges[step]), key=lambda pair: pair[0], default=(0.0, ())
        )
        best[step] = (before + seconds.get(step, 0.0), (*path, step))
    length, path = max(best.values(), key=lambda pair: pair[0], default=(0.0, ()))
    return path, length
