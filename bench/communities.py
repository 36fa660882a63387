"""Communities of a graph with planted groups: how well they are found, CPU seconds, peak memory.

    python bench/communities.py                                         # 2,000,000 nodes, 9.7 million ties
    python bench/communities.py --nodes 20000 --ties 97000 --groups 200

Sizes of groups follow a log-normal distribution; seven of ten ties lie within a group, the others anywhere. Nodes are
numbered in random order, so that the numbers say nothing of the groups.
"""

import argparse
import resource
import time

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from sklearn.metrics import normalized_mutual_info_score

from goldmine.customers.graph.communities import NumberedEdges, find_communities

INSIDE, SPREAD = 0.7, 0.6


def main() -> None:
    """Plant the groups, find the communities, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, default=2_000_000)
    parser.add_argument("--ties", type=int, default=9_700_000)
    parser.add_argument("--groups", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    edges, group = planted(given.nodes, given.ties, given.groups, given.seed)
    cpu, wall = time.process_time(), time.perf_counter()
    found = find_communities(edges)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(found.stability.to_string(index=False))
    print(f"{edges.nodes:,} nodes, {len(edges.one):,} ties: {found.community.max() + 1:,} communities")
    print(f"normalized mutual information {normalized_mutual_info_score(group, found.community):.4f}")
    print(f"{not_connected(edges, found.community):,} communities that are not connected")
    print(f"{cpu:.0f} CPU seconds, {wall:.0f} seconds, peak {peak:,} MiB, checksum {checksum(found.community)}")


def planted(nodes: int, ties: int, groups: int, seed: int) -> tuple[NumberedEdges, np.ndarray]:
    """A graph with planted groups, and the group of each node."""
    random = np.random.default_rng(seed)
    size = random.lognormal(0, SPREAD, groups)
    group = np.searchsorted(np.cumsum(size) / size.sum(), np.arange(nodes) / nodes, side="right").clip(0, groups - 1)
    start, end = (np.searchsorted(group, np.arange(groups), side=side) for side in ("left", "right"))
    one = random.integers(0, nodes, ties)
    within = start[group[one]] + (random.random(ties) * (end - start)[group[one]]).astype(np.int64)
    other = np.where(random.random(ties) < INSIDE, within, random.integers(0, nodes, ties))
    shuffled = random.permutation(nodes)
    one, other, group = shuffled[one], shuffled[other], group[np.argsort(shuffled)]
    kept = one != other
    return NumberedEdges(nodes, one[kept], other[kept], np.ones(int(kept.sum()))), group


def not_connected(edges: NumberedEdges, community: np.ndarray) -> int:
    """Communities that fall apart into several parts."""
    inside = community[edges.one] == community[edges.other]
    ties = coo_array(
        (np.ones(int(inside.sum()), dtype=np.int8), (edges.one[inside], edges.other[inside])),
        shape=(edges.nodes, edges.nodes),
    )
    return int(connected_components(ties, directed=False)[0] - (community.max() + 1))


def checksum(community: np.ndarray) -> int:
    """A number that differs where the communities do."""
    return int((community * np.arange(1, len(community) + 1)).sum() % 1_000_000_007)


if __name__ == "__main__":
    main()
