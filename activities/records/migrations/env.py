"""Run by Alembic: use the connection that the records have opened."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
