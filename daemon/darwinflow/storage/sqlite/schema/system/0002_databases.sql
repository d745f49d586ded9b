-- When the organization's own database was made; null until its first transaction is in.
ALTER TABLE organizations ADD COLUMN database_at INTEGER;
