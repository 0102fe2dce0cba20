"""A step with `use` → the steps of a module in its place: checked as the module's own, named as the playbook's."""
