"""Alembic's entry (`env.py`) and one file per version of the schema."""
