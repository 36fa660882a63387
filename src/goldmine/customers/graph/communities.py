"""Communities: groups with many ties among themselves and few to others, found by NetworKit's Louvain method.

Modularity at its default resolution merges what is small in a large graph, such as a bank's villages. So the resolution
is chosen by stability: of many, one at which runs from different seeds agree better (adjusted Rand index) than at those
beside it. There may be several, as families lie within villages: the coarsest is taken, since a bank knows families
already. In a graph too large for that, they run on whole parts of it, and the resolution is scaled by the weight of
ties, which leaves the same groups. One thread and a fixed seed give the same communities each time; what is not
connected is split.

A graph of millions of ties takes NetworKit as long to build as to pass through several times, so it is built once; and
all that needs no second opinion passes through its nodes in their order, which takes half the time of a random one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import rc_context
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from sklearn.metrics import adjusted_rand_score

SAMPLE_NODES = 20_000
"""Nodes of the parts on which resolutions are compared."""
COARSE_PASSES = 4
"""Passes for the parts: more of them sharpen borders, and what is wanted are parts that hold whole groups."""
RUNS = 3
"""Runs of a resolution, from a seed each."""
STABLE = 0.9
"""Agreement from which a resolution may be taken though finer ones agree better."""
AS_STABLE = 0.005
"""Resolutions beside the best one whose agreement is so near count as equal; the middle one is taken."""


@dataclass(frozen=True)
class NumberedEdges:
    """A graph: its nodes are 0 to nodes - 1, its ties have two ends and a weight."""

    nodes: int
    one: NDArray
    other: NDArray
    weight: NDArray

    @property
    def total(self) -> float:
        """Sum of the weights."""
        return float(self.weight.sum())

    def within(self, nodes: NDArray) -> "NumberedEdges":
        """The ties among some nodes, numbered anew in their order; a tie of a node to itself is none."""
        place = np.full(self.nodes, -1)
        place[nodes] = np.arange(len(nodes))
        one, other = place[self.one], place[self.other]
        kept = (one >= 0) & (other >= 0) & (one != other)
        return NumberedEdges(len(nodes), one[kept], other[kept], self.weight[kept])


@dataclass(frozen=True)
class Communities:
    """Communities of a graph.

    Parameters
    ----------
    community : array (nodes,)
        Numbers from 0 on, the largest first; a node without ties is alone in its own.
    resolution : float
        The one that was chosen.
    stability : pandas.DataFrame
        By resolution that was tried: resolution (as on the whole graph), agreement of the runs, communities.
    """

    community: NDArray
    resolution: float
    stability: pd.DataFrame


def find_communities(edges: NumberedEdges, seed: int = 1) -> Communities:
    """Find the communities of a graph at the most stable resolution.

    Examples
    --------
    >>> ring = np.arange(6)
    >>> one, other = np.append(ring, 0), np.append(ring // 3 * 3 + (ring + 1) % 3, 3)
    >>> find_communities(NumberedEdges(6, one, other, np.ones(7))).community.tolist()
    [0, 0, 0, 1, 1, 1]
    """
    edges = edges.within(np.arange(edges.nodes))
    tied = np.unique(np.concatenate([edges.one, edges.other]))
    if not len(tied):
        return Communities(
            np.arange(edges.nodes), 1.0, pd.DataFrame(columns=["resolution", "agreement", "communities"])
        )
    graph = edges.within(tied)
    held = _held(graph)
    sample = graph.within(_whole_parts(held, seed)) if graph.nodes > SAMPLE_NODES else graph
    stability = _stability(sample, seed)
    stability["resolution"] *= graph.total / sample.total
    chosen = _most_stable(stability)
    found = _connected(graph, _louvain(held, refine=True, gamma=chosen))
    community = np.full(edges.nodes, -1)
    community[tied] = found
    alone = community < 0
    community[alone] = found.max() + 1 + np.arange(alone.sum())
    return Communities(_by_size(community), chosen, stability)


def _whole_parts(held: Any, seed: int) -> NDArray:
    """Nodes of whole coarse communities, in random order until there are enough."""
    coarse = _louvain(held, maxIter=COARSE_PASSES)
    order = np.random.default_rng(seed).permutation(coarse.max() + 1)
    sizes = np.bincount(coarse)[order]
    many = int(np.searchsorted(np.cumsum(sizes), SAMPLE_NODES)) + 1
    return np.flatnonzero(np.isin(coarse, order[:many]))


def _stability(graph: NumberedEdges, seed: int) -> pd.DataFrame:
    """How well runs from different seeds agree at resolutions from 1 up to where ties hold no two nodes together."""
    degree = 2 * len(graph.one) / graph.nodes
    steps = max(int(np.log2(max(graph.nodes / (2 * degree), 1))), 1)
    held, rows = _held(graph), []
    for resolution in 2.0 ** np.arange(steps + 1):
        runs = [_louvain(held, seed + run, refine=True, gamma=resolution) for run in range(RUNS)]
        agreement = np.mean([adjusted_rand_score(left, right) for left, right in combinations(runs, 2)])
        rows.append((resolution, float(agreement), len(np.unique(runs[0]))))
    return pd.DataFrame(rows, columns=["resolution", "agreement", "communities"])


def _most_stable(stability: pd.DataFrame) -> float:
    """The coarsest resolution that agrees better than those beside it; the best of all where none is stable.

    Examples
    --------
    >>> _most_stable(pd.DataFrame({"resolution": [1, 2, 4, 8, 16], "agreement": [0.7, 0.92, 0.95, 0.8, 0.99]}))
    4.0
    """
    agreement = stability["agreement"].to_numpy()
    beside = np.concatenate([[-1.0], agreement, [-1.0]])
    peaks = np.flatnonzero((agreement >= STABLE) & (agreement >= beside[:-2]) & (agreement >= beside[2:]))
    best = int(peaks[0]) if len(peaks) else int(agreement.argmax())
    near = agreement >= agreement[best] - AS_STABLE
    first = best - int(np.argmin(np.append(near[:best][::-1], False)))
    last = best + int(np.argmin(np.append(near[best + 1 :], False)))
    return float(stability["resolution"].iloc[(first + last) // 2])


def _held(graph: NumberedEdges) -> Any:
    """The graph in NetworKit's form."""
    with _one_thread() as networkit:
        return networkit.graph.GraphFromCoo(
            (graph.weight, (graph.one, graph.other)), n=graph.nodes, weighted=True, directed=False
        )


def _louvain(held: Any, seed: int | None = None, **settings: Any) -> NDArray:
    """One run of the Louvain method, in random order from a seed or in that of the nodes: a community a node."""
    with _one_thread(seed) as networkit:
        order = "none" if seed is None else "none randomized"
        # Not its Leiden algorithm, which never ends on some graphs (docs/decisions/18-networkit-finds-communities.md).
        algorithm = networkit.community.PLM(held, par=order, **settings)
        algorithm.run()
        return np.unique(np.array(algorithm.getPartition().getVector()), return_inverse=True)[1]


@contextmanager
def _one_thread(seed: int | None = None) -> Iterator[Any]:
    """NetworKit on one thread, from a seed where there is one: parallel runs vary."""
    with rc_context():  # it sets a style of pictures of its own, without a Chinese font
        import networkit  # takes seconds to load

    threads = networkit.getMaxNumberOfThreads()
    networkit.setNumberOfThreads(1)
    if seed is not None:
        networkit.setSeed(seed, False)
    yield networkit
    networkit.setNumberOfThreads(threads)


def _connected(graph: NumberedEdges, community: NDArray) -> NDArray:
    """The communities, one that is not connected split into those that are."""
    inside = community[graph.one] == community[graph.other]
    ties = coo_array(
        (np.ones(int(inside.sum()), dtype=np.int8), (graph.one[inside], graph.other[inside])),
        shape=(graph.nodes, graph.nodes),
    )
    return connected_components(ties, directed=False)[1]


def _by_size(community: NDArray) -> NDArray:
    """The communities numbered from the largest, of equals the one with the first node first."""
    _, first, inverse, counts = np.unique(community, return_index=True, return_inverse=True, return_counts=True)
    number = np.empty(len(first), dtype=np.int64)
    number[np.lexsort((first, -counts))] = np.arange(len(first))
    return number[inverse]
