"""The commands: one file each; the place where parts are put together."""
