"""sopengine: declarative SOP playbooks for retail communities, checked, reviewed, delivered, logged."""

__version__ = "0.1.0"
