"""What a transaction was for: the bank's category tree, clean text, and the first guess."""
