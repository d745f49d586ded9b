"""What is announced when data changes, and to whom in this process."""
