"""Two plans of one campaign → what differs, step by step, over the words that people would read."""
