"""From the bytes of a file to a Document or a table: encodings, YAML with positions, and recovery from mistakes."""
