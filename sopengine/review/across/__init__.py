"""A campaign beside all others of its workspace: those that run, and those that a campaign file plans."""
