"""A dry run as a calendar (RFC 5545) that can be written again: what changed is told to whoever has it already."""
