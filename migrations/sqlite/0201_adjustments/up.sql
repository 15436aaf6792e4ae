-- Points that people gave or took by hand. The entry in the ledger is entry_id; approved: a second person agreed, so it isn't
-- of what its maker may do alone; reference: another system's name for it, so that a repeat books nothing. person_id: whoever
-- has the log-in, under all of theirs.
CREATE TABLE adjustments (
  chain_id BLOB NOT NULL REFERENCES chains (id),
  id BLOB NOT NULL,
  membership_id BLOB NOT NULL,
  store_id BLOB NOT NULL,
  staff_id BLOB,
  person_id BLOB,
  asset TEXT NOT NULL,
  amount BIGINT NOT NULL CHECK (amount <> 0),
  reason TEXT NOT NULL,
  note TEXT,
  reference TEXT,
  approved BOOLEAN NOT NULL,
  entry_id BLOB NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (chain_id, id)
);
CREATE INDEX adjustments_by_membership ON adjustments (chain_id, membership_id, id);
CREATE INDEX adjustments_by_person ON adjustments (chain_id, person_id, at) WHERE person_id IS NOT NULL;
CREATE UNIQUE INDEX adjustments_by_reference ON adjustments (chain_id, reference) WHERE reference IS NOT NULL;

-- Points that went from one membership to another, lot by lot in the ledger.
CREATE TABLE transfers (
  chain_id BLOB NOT NULL REFERENCES chains (id),
  id BLOB NOT NULL,
  from_id BLOB NOT NULL,
  to_id BLOB NOT NULL,
  store_id BLOB NOT NULL,
  staff_id BLOB,
  asset TEXT NOT NULL,
  amount BIGINT NOT NULL CHECK (amount > 0),
  at BIGINT NOT NULL,
  PRIMARY KEY (chain_id, id)
);
CREATE INDEX transfers_from ON transfers (chain_id, from_id, at);
CREATE INDEX transfers_to ON transfers (chain_id, to_id, at);
