"""Segments: groups of customers who behave alike, kept recognisable from night to night."""
