"""From bytes to a Playbook: YAML with positions, shape findings, the frozen model, conditions and templates."""
