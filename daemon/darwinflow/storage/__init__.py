"""Where data is kept: one folder a back end. Every statement of SQL is in here."""
