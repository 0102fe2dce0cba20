"""Words of the playbook language by which a line is known to be meant as a key, even where YAML takes it for text."""

CONTAINERS = frozenset(
    "inputs audiences roles events metrics guards messages phases weekly welcome journeys scripts goals watch".split()
)
"""Keys whose value is a mapping, never a text."""

KEYS = CONTAINERS | frozenset(
    """
    playbook title timezone calendar runs from until steps id on at after to send task if choose else wait then timeout
    split tag emit exit pause use via late_ok useful_until priority on_cap catch_up if_past on_unknown required
    any_outcome on_overdue audience spread shift approve except source where sample zone columns live person match hours
    type default choices confirm text image mention format table due remind escalate form about script on_event when
    collect key again exit_when quiet cap gap campaign name
    """.split()
)
