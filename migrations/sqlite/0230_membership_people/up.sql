-- Memberships that went to another person (D-CARD-13). from_document, to_document: kinds of the identity documents that were
-- compared with those on record.
CREATE TABLE holder_transfers (
  chain_id BLOB NOT NULL REFERENCES chains (id),
  id BLOB NOT NULL,
  membership_id BLOB NOT NULL,
  from_id BLOB NOT NULL,
  to_id BLOB NOT NULL,
  store_id BLOB NOT NULL,
  staff_id BLOB,
  from_document TEXT NOT NULL,
  to_document TEXT NOT NULL,
  reason TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (chain_id, id),
  FOREIGN KEY (chain_id, membership_id) REFERENCES memberships (chain_id, id)
);
CREATE INDEX holder_transfers_by_membership ON holder_transfers (chain_id, membership_id, id);
CREATE INDEX holder_transfers_from ON holder_transfers (chain_id, from_id, at);
CREATE INDEX holder_transfers_to ON holder_transfers (chain_id, to_id, at);

-- Two memberships of a customer that became one (D-CARD-13). content: what must be known to take it back, in JSON.
CREATE TABLE membership_merges (
  chain_id BLOB NOT NULL REFERENCES chains (id),
  id BLOB NOT NULL,
  membership_id BLOB NOT NULL,
  merged_id BLOB NOT NULL,
  store_id BLOB NOT NULL,
  staff_id BLOB,
  reason TEXT NOT NULL,
  content TEXT NOT NULL,
  merged_at BIGINT NOT NULL,
  undone_by BLOB,
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
  chain_id BLOB NOT NULL REFERENCES chains (id),
  merge_id BLOB NOT NULL,
  lot_id BLOB NOT NULL,
  heir_id BLOB NOT NULL,
  moved BIGINT NOT NULL,
  came BIGINT NOT NULL,
  PRIMARY KEY (chain_id, merge_id, lot_id),
  FOREIGN KEY (chain_id, merge_id) REFERENCES membership_merges (chain_id, id)
);
CREATE INDEX merged_lots_by_lot ON merged_lots (chain_id, lot_id);
CREATE INDEX merged_lots_by_heir ON merged_lots (chain_id, heir_id);

-- The membership that goes on for this one, while their merge stands.
ALTER TABLE memberships ADD COLUMN merged_into BLOB;
CREATE INDEX memberships_by_merge ON memberships (chain_id, merged_into) WHERE merged_into IS NOT NULL;
