"""What people say of their payments once and for good: rules, learned merchants, runs over history."""
