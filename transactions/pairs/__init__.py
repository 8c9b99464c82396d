"""What lines are to each other: the two sides of a transfer, and money back for what was paid."""
