"""From a campaign to its plan: occurrences, their identity, and who each one reaches. Pure."""
