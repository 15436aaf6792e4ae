-- What ends at one midnight is read a page at a time: the index has the order, so that no page sorts all of it.
DROP INDEX lots_by_expiry;
CREATE INDEX lots_by_expiry ON lots (chain_id, expires_at, membership_id, id) WHERE NOT ended AND expires_at IS NOT NULL;
DROP INDEX memberships_by_expiry;
CREATE INDEX memberships_by_expiry ON memberships (chain_id, expires_at, id) WHERE open;
