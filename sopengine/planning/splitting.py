"""A split's shares, its seed and the value that decides → the arm: a hash, so that it is the same at every pass."""

from __future__ import annotations

from hashlib import blake2b

from sopengine.language.model import Split


def split_arm(split: Split, value: str) -> str:
    """The arm into whose share the hash of seed and value falls."""
    digest = blake2b(f"{len(split.seed)}:{split.seed}{value}".encode(), digest_size=8).digest()
    point = int.from_bytes(digest, "big") * sum(split.arms.values()) >> 64
    for arm, share in split.arms.items():
        if point < share:
            return arm
        point -= share
    raise ValueError("a split has at least one share")
