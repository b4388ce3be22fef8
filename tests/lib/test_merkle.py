"""The Merkle tree of RFC 6962: known roots, proofs at every place, and no proof that holds for anything else."""

from __future__ import annotations

import pytest

from maximus.merkle import (
    EMPTY_ROOT,
    Frontier,
    check_consistency,
    check_inclusion,
    consistency_proof,
    frontier_nodes,
    grow,
    inclusion_proof,
    leaf_hash,
    node_hash,
)
from tests.lib.merkle_roots import root_of

# The leaves and roots with which implementations of the RFC are commonly tried (certificate-transparency-go).
LEAVES = tuple(
    bytes.fromhex(text)
    for text in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    )
)  # fmt: skip
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
SIZE = 21
HASHES = tuple(leaf_hash(b"entry %d" % number) for number in range(SIZE))


def node(level: int, place: int) -> bytes:
    """Return the hash of a full subtree over the example's leaves."""
    below = HASHES[place << level : (place + 1) << level]
    assert len(below) == 1 << level, "only full subtrees may be asked for"
    return root_of(below)


@pytest.mark.parametrize("size", range(len(ROOTS)))
def test_the_roots_are_those_of_the_rfcs_other_implementations(size: int) -> None:
    """Eight leaves of several lengths, and the tree without any."""
    frontier = Frontier()
    for leaf in LEAVES[:size]:
        frontier = frontier.append(leaf_hash(leaf))
    assert frontier.root.hex() == ROOTS[size]


def test_a_leaf_is_never_a_node() -> None:
    """The prefixes tell a leaf that holds two hashes from the node over them."""
    assert leaf_hash(HASHES[0] + HASHES[1]) != node_hash(HASHES[0], HASHES[1])


def test_a_frontier_grows_to_the_same_root_at_every_size() -> None:
    """Appending one at a time gives what the definition gives, and tells the nodes that became full."""
    frontier = Frontier()
    assert frontier.root == EMPTY_ROOT
    for size, leaf in enumerate(HASHES, start=1):
        frontier, made = grow(frontier, leaf)
        assert frontier.root == root_of(HASHES[:size])
        assert frontier.nodes == tuple(node(level, place) for level, place in frontier_nodes(size))
        assert made == tuple(node(level, (size - 1) >> level) for level in range(len(made)))
        assert size % (1 << (len(made) - 1)) == 0
        assert len(frontier.nodes) <= size.bit_length()


@pytest.mark.parametrize(("size", "nodes"), [(-1, ()), (0, (EMPTY_ROOT,)), (3, (EMPTY_ROOT,)), (1, ())])
def test_refuses_what_is_the_frontier_of_no_tree(size: int, nodes: tuple[bytes, ...]) -> None:
    """One hash for each bit of the size, and none else."""
    with pytest.raises(ValueError, match="full subtrees"):
        Frontier(size, nodes)


@pytest.mark.parametrize("size", range(1, SIZE + 1))
def test_every_leaf_is_proved_and_nothing_else(size: int) -> None:
    """A proof holds for its leaf, place, size and root; with one of them changed it does not."""
    root = root_of(HASHES[:size])
    for index in range(size):
        proof = inclusion_proof(index, size, node)
        assert len(proof) <= (size - 1).bit_length()
        check_inclusion(HASHES[index], index, size, root, proof)
        wrong = [
            (leaf_hash(b"other"), index, size, root, proof),
            (HASHES[index], index, size, leaf_hash(b"other"), proof),
            (HASHES[index], index, size, root, (*proof, root)),
            *([(HASHES[index], index, size, root, proof[:-1])] if proof else []),
            *((HASHES[index], other, size, root, proof) for other in range(size) if other != index),
        ]
        for case in wrong:
            with pytest.raises(ValueError, match=r"leaf|inclusion proof"):
                check_inclusion(*case)


@pytest.mark.parametrize("new", range(SIZE + 1))
def test_every_tree_is_proved_to_begin_with_each_smaller_one(new: int) -> None:
    """A proof holds for its two sizes and roots; with one of them changed it does not."""
    root = root_of(HASHES[:new])
    for old in range(new + 1):
        before = root_of(HASHES[:old])
        proof = consistency_proof(old, new, node)
        check_consistency(old, new, before, root, proof)
        other = leaf_hash(b"other")
        wrong = [
            (old, new, other, root, proof),
            (old, new, before, root, (*proof, other)),
            *([(old, new, before, other, proof)] if old else []),
            *([(old, new, before, root, proof[:-1])] if proof else []),
            *([(old, new, before, root, (other, *proof[1:]))] if proof else []),
            *([(old - 1, new, before, root, proof)] if 1 < old < new else []),
        ]
        for case in wrong:
            with pytest.raises(ValueError, match=r"root|consistency proof"):
                check_consistency(*case)


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_proves_no_leaf_that_is_not_there(index: int, size: int) -> None:
    """Neither made nor believed."""
    with pytest.raises(ValueError, match="has no leaf"):
        inclusion_proof(index, size, node)
    with pytest.raises(ValueError, match="has no leaf"):
        check_inclusion(HASHES[0], index, size, HASHES[0], ())


@pytest.mark.parametrize(("old", "new"), [(4, 3), (-1, 3)])
def test_proves_no_tree_out_of_a_smaller_one(old: int, new: int) -> None:
    """Neither made nor believed."""
    with pytest.raises(ValueError, match="is not the beginning"):
        consistency_proof(old, new, node)
    with pytest.raises(ValueError, match="is not the beginning"):
        check_consistency(old, new, HASHES[0], HASHES[0], ())


def test_refuses_a_hash_that_is_none() -> None:
    """A proof's parts have 32 bytes: others could move the border between two of them."""
    with pytest.raises(ValueError, match="32 bytes"):
        check_inclusion(HASHES[0], 0, 2, HASHES[0], (HASHES[1] + b"\0",))
    with pytest.raises(ValueError, match="32 bytes"):
        check_consistency(1, 2, HASHES[0], HASHES[0], (b"",))
