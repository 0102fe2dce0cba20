"""A document → a Playbook: what is wrong is left out with its finding, everything else is built."""
