-- Points that people gave or took by hand. The entry in the ledger is entry_id; approved: a second person agreed, so it isn't
-- of what its maker may do alone; reference: another system's name for it, so that a repeat books nothing. person_id: whoever
-- has the log-in, under all of theirs.
CREATE TABLE adjustments (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  id BYTEA NOT NULL,
  membership_id BYTEA NOT NULL,
  store_id BYTEA NOT NULL,
  staff_id BYTEA,
  person_id BYTEA,
  asset TEXT COLLATE "C" NOT NULL,
  amount BIGINT NOT NULL CHECK (amount <> 0),
  reason TEXT COLLATE "C" NOT NULL,
  note TEXT COLLATE "C",
  reference TEXT COLLATE "C",
  approved BOOLEAN NOT NULL,
  entry_id BYTEA NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (chain_id, id)
);
CREATE INDEX adjustments_by_membership ON adjustments (chain_id, membership_id, id);
CREATE INDEX adjustments_by_person ON adjustments (chain_id, person_id, at) WHERE person_id IS NOT NULL;
CREATE UNIQUE INDEX adjustments_by_reference ON adjustments (chain_id, reference) WHERE reference IS NOT NULL;

-- Points that went from one membership to another, lot by lot in the ledger.
CREATE TABLE transfers (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  id BYTEA NOT NULL,
  from_id BYTEA NOT NULL,
  to_id BYTEA NOT NULL,
  store_id BYTEA NOT NULL,
  staff_id BYTEA,
  asset TEXT COLLATE "C" NOT NULL,
  amount BIGINT NOT NULL CHECK (amount > 0),
  at BIGINT NOT NULL,
  PRIMARY KEY (chain_id, id)
);
CREATE INDEX transfers_from ON transfers (chain_id, from_id, at);
CREATE INDEX transfers_to ON transfers (chain_id, to_id, at);

SELECT isolate_by_chain('adjustments');
SELECT isolate_by_chain('transfers');
