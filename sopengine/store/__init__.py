"""The ledger: what was planned, claimed, sent and done, in one database; the only room that knows SQL."""
