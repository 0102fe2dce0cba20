"""What an editor shows: the published schemas under the language servers that editors use."""
