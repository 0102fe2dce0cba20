"""One file per version, never changed after its release."""
