-- What members brought from another system: a file's control totals, how far it is, and what came of its rows.

-- digest: SHA-256 of the file, which is booked once; one that was taken back may come again. members_done: memberships that are
-- made; while it is taken back, those that are left. Money in minor units. warnings: rows that were booked with a remark.
CREATE TABLE openings (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  id BYTEA NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  digest BYTEA NOT NULL,
  store_id BYTEA NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  rows_total BIGINT NOT NULL,
  members_total BIGINT NOT NULL,
  members_done BIGINT NOT NULL CHECK (members_done BETWEEN 0 AND members_total),
  points BIGINT NOT NULL,
  principal BIGINT NOT NULL,
  bonus BIGINT NOT NULL,
  sessions BIGINT NOT NULL,
  warnings BIGINT NOT NULL,
  staff_id BYTEA,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (chain_id, id)
);
CREATE UNIQUE INDEX openings_by_file ON openings (chain_id, digest) WHERE state <> 'undone';

-- line: the first row of the member in the file.
CREATE TABLE opening_members (
  chain_id BYTEA NOT NULL,
  opening_id BYTEA NOT NULL,
  line BIGINT NOT NULL,
  membership_id BYTEA NOT NULL,
  undone BOOLEAN NOT NULL,
  PRIMARY KEY (chain_id, opening_id, line),
  FOREIGN KEY (chain_id, opening_id) REFERENCES openings (chain_id, id)
);
CREATE UNIQUE INDEX opening_members_by_membership ON opening_members (chain_id, membership_id);

-- Each row of the file that brought something, with the entry that booked it.
CREATE TABLE opening_rows (
  chain_id BYTEA NOT NULL,
  opening_id BYTEA NOT NULL,
  line BIGINT NOT NULL,
  membership_id BYTEA NOT NULL,
  entry_id BYTEA NOT NULL,
  asset TEXT COLLATE "C" NOT NULL,
  amount BIGINT NOT NULL CHECK (amount > 0),
  PRIMARY KEY (chain_id, opening_id, line),
  FOREIGN KEY (chain_id, opening_id) REFERENCES openings (chain_id, id)
);
CREATE UNIQUE INDEX opening_rows_by_entry ON opening_rows (chain_id, membership_id, entry_id);

SELECT isolate_by_chain('openings');
SELECT isolate_by_chain('opening_members');
SELECT isolate_by_chain('opening_rows');
