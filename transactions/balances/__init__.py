"""What an account holds: the balances that were stated, and the lines since."""
