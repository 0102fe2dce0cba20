"""What the product costs in time, memory and syncs, beside peers that run in turn with it."""
