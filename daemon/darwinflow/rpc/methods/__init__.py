"""One module a subject: its parameters and results, its functions, its part of the table."""
