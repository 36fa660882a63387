"""Communities: planted groups are found, what is not connected is not together, the same seed gives the same."""

import json
import subprocess
import sys
from datetime import date
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import normalized_mutual_info_score

from goldmine.core.engine import connect
from goldmine.core.workspace import Workspace, home
from goldmine.customers.graph.communities import NumberedEdges, find_communities
from goldmine.customers.graph.community_table import build_communities
from goldmine.customers.graph.edges import build_edges
from goldmine.customers.graph.rules import load_graph_rules
from goldmine.customers.source_tables import SourceTables
from tests.tiny import make_bank, transaction


def ring_of_cliques(cliques: int, size: int) -> NumberedEdges:
    """Cliques of a size, each tied by one tie to the next."""
    pairs = [(i, j) for i in range(size) for j in range(i)]
    one = [c * size + i for c in range(cliques) for i, _ in pairs] + [c * size for c in range(cliques)]
    other = [c * size + j for c in range(cliques) for _, j in pairs]
    other += [(c + 1) % cliques * size + 1 for c in range(cliques)]
    return NumberedEdges(cliques * size, np.array(one), np.array(other), np.ones(len(one)))


def test_the_resolution_is_so_that_small_groups_of_a_large_graph_are_not_merged():
    found = find_communities(ring_of_cliques(200, 5))
    assert found.community.max() + 1 == 200
    assert found.resolution > 1
    assert normalized_mutual_info_score(np.repeat(np.arange(200), 5), found.community) == pytest.approx(1)


def test_the_same_seed_gives_the_same_communities():
    edges = ring_of_cliques(60, 4)
    assert find_communities(edges, 3).community.tobytes() == find_communities(edges, 3).community.tobytes()


def stars(weights: list[list[float]]) -> NumberedEdges:
    """Groups apart, such as villages, each with members that are tied to its centre alone."""
    sizes = [len(star) + 1 for star in weights]
    last = np.cumsum(sizes) - 1
    members = np.setdiff1d(np.arange(sum(sizes)), last)
    return NumberedEdges(sum(sizes), members, np.repeat(last, [size - 1 for size in sizes]), np.concatenate(weights))


TIED = [[0.5, 0.4, 0.4], [0.5, 0.1, 0.6, 0.6, 0.5, 0.1, 0.8, 0.1], [0.8, 0.1, 0.6, 0.5, 0.6]]
"""Stars, each alone in its graph. At twice the resolution a member is as well off alone as with the centre, and what
rounding leaves moves it there and back for ever, unless passes are limited."""


def communities_of_tied_stars() -> list[list[int]]:
    return [find_communities(stars([star])).community.tolist() for star in TIED]


def in_own_process(function: str) -> Any:
    """What a function of this module returns in a new process, within two minutes."""
    command = f"import json; from {__name__} import {function}; print(json.dumps({function}()))"
    done = subprocess.run(
        [sys.executable, "-c", command], cwd=home(), capture_output=True, text=True, timeout=120, check=True
    )
    return json.loads(done.stdout)


def test_communities_are_found_where_members_are_as_well_off_alone():
    # Another process looks for them, since one that goes on for ever inside NetworKit cannot be stopped otherwise.
    assert in_own_process("communities_of_tied_stars") == [[0] * (len(star) + 1) for star in TIED]


def font_after_communities() -> list[str]:
    matplotlib.rcParams["font.sans-serif"] = ["A Chinese font"]
    find_communities(stars(TIED))
    return list(matplotlib.rcParams["font.sans-serif"])


def test_pictures_keep_their_font_once_communities_are_found():
    assert in_own_process("font_after_communities") == ["A Chinese font"]


def test_each_star_of_many_is_a_community():
    found = find_communities(stars([[0.8, 0.1, 0.6, 0.5, 0.4, 1.0, 0.5, 0.1]] * 16)).community
    assert found.tolist() == np.repeat(np.arange(16), 9).tolist()


def test_a_node_without_ties_is_alone_and_the_largest_community_is_the_first():
    one, other = np.array([1, 1, 2, 5]), np.array([2, 3, 3, 6])
    found = find_communities(NumberedEdges(8, one, other, np.ones(4)))
    assert found.community.tolist() == [2, 0, 0, 0, 3, 1, 1, 4]


def test_a_graph_without_ties_has_nobody_together():
    nothing = np.zeros(0, dtype=np.int64)
    assert find_communities(NumberedEdges(3, nothing, nothing, np.zeros(0))).community.tolist() == [0, 1, 2]


def test_a_large_graph_is_judged_by_whole_parts_of_it(monkeypatch):
    edges = ring_of_cliques(300, 5)
    monkeypatch.setattr("goldmine.customers.graph.communities.SAMPLE_NODES", 400)
    found = find_communities(edges)
    assert normalized_mutual_info_score(np.repeat(np.arange(300), 5), found.community) > 0.99


def test_self_loops_and_ties_held_twice_change_nothing():
    edges = ring_of_cliques(20, 5)
    loops = np.arange(10)
    more = NumberedEdges(
        edges.nodes, np.append(edges.one, loops), np.append(edges.other, loops), np.append(edges.weight, np.ones(10))
    )
    assert find_communities(more).community.tolist() == find_communities(edges).community.tolist()


def test_parts_that_are_not_connected_are_not_one_community():
    edges = ring_of_cliques(2, 4)
    kept = edges.one // 4 == edges.other // 4
    apart = NumberedEdges(8, edges.one[kept], edges.other[kept], edges.weight[kept])
    assert find_communities(apart).community.tolist() == [0] * 4 + [1] * 4


def test_a_banks_communities_are_stored_by_customer_with_what_ties_them(tmp_path):
    families = [("A", "B"), ("B", "C"), ("A", "C"), ("D", "E"), ("E", "F"), ("D", "F")]
    tables = {
        "customers": [
            {"customer_id": who, "grid_id": "G1" if who in "AD" else None, "link_consent": True} for who in "ABCDEFG"
        ],
        "relations": [{"customer_id": one, "related_id": other, "relation": "family"} for one, other in families],
        "transactions": [transaction(0, "A", "2024-06-01T09:00")],
    }  # fmt: skip
    work = Workspace(tmp_path / "work")
    sources = SourceTables(connect(), make_bank(tmp_path, tables), work)
    edges = build_edges(sources, date(2024, 6, 30), load_graph_rules())
    built = build_communities(edges, work)
    rows = pd.read_parquet(built.path)
    assert rows.groupby("community")["customer_id"].agg("".join).to_dict() == {1: "ABC", 2: "DEF"}
    assert built.table[["community", "customers", "main_tie"]].to_numpy().tolist() == [
        [1, 3, "family"],
        [2, 3, "family"],
    ]
    # The village's two ties weigh 0.1 each, and one of them leads from the one community to the other.
    assert sorted(built.table["ties_inside"]) == [pytest.approx(3 / 3.1), pytest.approx(3.1 / 3.2)]
