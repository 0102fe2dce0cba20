"""The ledger: tables, migrations, claims and the completion log. The only room that knows SQL."""
