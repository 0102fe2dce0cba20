"""What is wrong across a playbook: references, anchors, names in texts, what is unused."""
