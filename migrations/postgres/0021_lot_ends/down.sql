DROP INDEX lots_by_expiry;
CREATE INDEX lots_by_expiry ON lots (chain_id, expires_at) WHERE remaining > 0 AND expires_at IS NOT NULL;
ALTER TABLE lots DROP COLUMN ended;
