"""The ways a message leaves the house: one small file each, one Protocol, one dict."""
