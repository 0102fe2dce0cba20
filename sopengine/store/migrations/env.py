"""Run by alembic: applies the versions inside the transaction of the connection that was handed in."""

from alembic import context
from sqlmodel import SQLModel

from sopengine.store import tables  # noqa: F401  (fills SQLModel.metadata)

context.configure(connection=context.config.attributes["connection"], target_metadata=SQLModel.metadata)
with context.begin_transaction():
    context.run_migrations()
