"""The ports on PostgreSQL, through psycopg alone: what a team shares."""
