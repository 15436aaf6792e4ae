-- Memberships that went to another person (D-CARD-13). from_document, to_document: kinds of the identity documents that were
-- compared with those on record.
CREATE TABLE holder_transfers (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  id BYTEA NOT NULL,
  membership_id BYTEA NOT NULL,
  from_id BYTEA NOT NULL,
  to_id BYTEA NOT NULL,
  store_id BYTEA NOT NULL,
  staff_id BYTEA,
  from_document TEXT COLLATE "C" NOT NULL,
  to_document TEXT COLLATE "C" NOT NULL,
  reason TEXT COLLATE "C" NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (chain_id, id),
  FOREIGN KEY (chain_id, membership_id) REFERENCES memberships (chain_id, id)
);
CREATE INDEX holder_transfers_by_membership ON holder_transfers (chain_id, membership_id, id);
CREATE INDEX holder_transfers_from ON holder_transfers (chain_id, from_id, at);
CREATE INDEX holder_transfers_to ON holder_transfers (chain_id, to_id, at);

-- Two memberships of a customer that became one (D-CARD-13). content: what must be known to take it back, in JSON.
CREATE TABLE membership_merges (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  id BYTEA NOT NULL,
  membership_id BYTEA NOT NULL,
  merged_id BYTEA NOT NULL,
  store_id BYTEA NOT NULL,
  staff_id BYTEA,
  reason TEXT COLLATE "C" NOT NULL,
  content TEXT COLLATE "C" NOT NULL,
  merged_at BIGINT NOT NULL,
  undone_by BYTEA,
  undone_at BIGINT,
  PRIMARY KEY (chain_id, id),
  FOREIGN KEY (chain_id, membership_id) REFERENCES memberships (chain_id, id),
  FOREIGN KEY (chain_id, merged_id) REFERENCES memberships (chain_id, id)
);
CREATE INDEX membership_merges_by_survivor ON membership_merges (chain_id, membership_id, id);
CREATE INDEX membership_merges_by_merged ON membership_merges (chain_id, merged_id, id);

-- Which lot goes on for one of the merged membership. moved: what went over; came: what of it the new lot held at first, less
-- where it filled a debt.
CREATE TABLE merged_lots (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  merge_id BYTEA NOT NULL,
  lot_id BYTEA NOT NULL,
  heir_id BYTEA NOT NULL,
  moved BIGINT NOT NULL,
  came BIGINT NOT NULL,
  PRIMARY KEY (chain_id, merge_id, lot_id),
  FOREIGN KEY (chain_id, merge_id) REFERENCES membership_merges (chain_id, id)
);
CREATE INDEX merged_lots_by_lot ON merged_lots (chain_id, lot_id);
CREATE INDEX merged_lots_by_heir ON merged_lots (chain_id, heir_id);

-- The membership that goes on for this one, while their merge stands.
ALTER TABLE memberships ADD COLUMN merged_into BYTEA;
CREATE INDEX memberships_by_merge ON memberships (chain_id, merged_into) WHERE merged_into IS NOT NULL;

SELECT isolate_by_chain('holder_transfers');
SELECT isolate_by_chain('membership_merges');
SELECT isolate_by_chain('merged_lots');
