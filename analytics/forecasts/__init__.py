"""Monthly forecasts: array models for all customers at once, their bands and their scores."""
