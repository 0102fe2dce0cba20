"""Pure functions of time: what `on`, `at`, `after` mean as days and instants, zones, and the work calendar."""
