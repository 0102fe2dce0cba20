"""From a message and the plain data of one delivery to the text that goes out; it knows no plan."""
