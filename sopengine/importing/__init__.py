"""A team's own schedule sheet → a playbook, a table of its texts, and a list of all that was not understood."""
