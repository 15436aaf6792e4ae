-- The audit log as hash chains. Every entry stands in a lane under a gapless number, with the hash of the entry before
-- it and its own. SQL has no SHA-256 on both databases: entries from before this step keep number 0 until the first
-- start chains them, in lane 0, before it takes any command.

ALTER TABLE audit ADD COLUMN lane INTEGER NOT NULL DEFAULT 0;
ALTER TABLE audit ADD COLUMN seq BIGINT NOT NULL DEFAULT 0;
ALTER TABLE audit ADD COLUMN previous BLOB NOT NULL DEFAULT x'';
ALTER TABLE audit ADD COLUMN hash BLOB NOT NULL DEFAULT x'';

-- Lanes cross chains, so this one index doesn't begin with the chain. It isn't unique, because a database that is sharded
-- by chain can't promise that; the head's fence does.
CREATE INDEX audit_by_lane ON audit (lane, seq);
CREATE INDEX audit_by_subject ON audit (chain_id, subject, id) WHERE subject IS NOT NULL;

-- Where each lane ends. A writer owns one under an epoch; its batch holds only if the lane still has that epoch.
CREATE TABLE audit_lanes (
  lane INTEGER NOT NULL PRIMARY KEY,
  epoch BIGINT NOT NULL,
  owner BLOB,
  seq BIGINT NOT NULL CHECK (seq >= 0),
  head BLOB NOT NULL,
  used_at BIGINT NOT NULL
) WITHOUT ROWID;

-- Append-only. Signed statements of where all lanes ended, to be kept elsewhere too.
CREATE TABLE audit_checkpoints (
  number BIGINT NOT NULL PRIMARY KEY,
  at BIGINT NOT NULL,
  document TEXT NOT NULL
);
