DROP INDEX lots_by_expiry;
CREATE INDEX lots_by_expiry ON lots (chain_id, expires_at) WHERE NOT ended AND expires_at IS NOT NULL;
DROP INDEX memberships_by_expiry;
CREATE INDEX memberships_by_expiry ON memberships (chain_id, expires_at) WHERE open;
