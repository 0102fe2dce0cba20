"""Words of the playbook language by which a line is known to be meant as a key, even where YAML takes it for text."""

# fmt: off
CONTAINERS = frozenset((
    "audiences", "events", "goals", "guards", "inputs", "journeys", "messages", "metrics", "phases", "roles",
    "scripts", "watch", "weekly", "welcome",
))
"""Keys whose value is a mapping, never a text."""

KEYS = CONTAINERS | frozenset((
    "about", "after", "again", "always", "answers", "any_outcome", "approve", "ask", "at", "audience", "calendar",
    "campaign", "cap", "catch_up", "choices", "choose", "collect", "columns", "confirm", "default", "due", "else",
    "emit", "escalate", "except", "exit", "exit_when", "file", "form", "format", "from", "gap", "hours", "id", "if",
    "if_past", "image", "key", "late_ok", "live", "match", "mention", "name", "nodes", "note", "on", "on_cap",
    "on_event", "on_overdue", "on_unknown", "overlap", "pause", "person", "playbook", "point", "priority", "quiet",
    "remind", "required", "runs", "sample", "say", "script", "send", "shift", "source", "split", "spread", "steps",
    "table", "tag", "task", "text", "then", "timeout", "timezone", "title", "to", "type", "until", "use",
    "useful_until", "via", "wait", "when", "where", "zone",
))
