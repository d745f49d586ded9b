"""The process that keeps the history: one a user and home, built in `main`."""
