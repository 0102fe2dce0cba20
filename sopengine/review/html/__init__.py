"""A dry run as one HTML file: no network, no fonts, readable without script, equal bytes for equal inputs."""
