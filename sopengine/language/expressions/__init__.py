"""Templates and conditions: one Jinja environment, one arithmetic, three-valued logic."""
