"""The ports on SQLite, through apsw alone."""
