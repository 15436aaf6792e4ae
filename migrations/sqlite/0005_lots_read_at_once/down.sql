DROP INDEX lots_by_membership;
CREATE INDEX lots_by_membership ON lots (chain_id, membership_id, asset) WHERE remaining > 0;
