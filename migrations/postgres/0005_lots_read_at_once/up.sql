-- Every decision reads the open lots of a member: all of what it needs stands in the index, so that a member with many
-- lots costs one stretch of it rather than a look-up for each.
DROP INDEX lots_by_membership;
CREATE INDEX lots_by_membership ON lots (chain_id, membership_id, asset, opened_at, matures_at, expires_at, remaining, id)
  WHERE remaining > 0;
