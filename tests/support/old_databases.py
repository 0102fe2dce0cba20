"""Databases as older versions left them: made by their own migrations."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from sopengine.store import schema


def of_version(path: Path, version: int) -> None:
    """0: a ledger of ours in which no version has made a table yet."""
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(schema.__file__).with_name("migrations")))
        config.attributes["connection"] = connection
        if version:
            command.upgrade(config, str(version))
        connection.exec_driver_sql(f"PRAGMA application_id = {schema.APPLICATION_ID}")
        connection.exec_driver_sql(f"PRAGMA user_version = {version}")
    engine.dispose()
