"""Views of the plan and of findings: one plan object, many views."""
