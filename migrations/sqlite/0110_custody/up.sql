-- Custody of signed originals, and counts of them.

-- Whose original it is; NULL: another paper. An original is away at most once at a time.
ALTER TABLE lendings ADD COLUMN contract_id BLOB;
CREATE INDEX lendings_by_contract ON lendings (chain_id, contract_id, id);
CREATE UNIQUE INDEX lendings_of_contract_away ON lendings (chain_id, contract_id) WHERE returned_at IS NULL;

-- custodian_id: who keeps it; place: a cabinet; missing_since: a stock-take, which is named, hasn't found it.
CREATE TABLE contract_originals (
  chain_id BLOB NOT NULL REFERENCES chains (id),
  contract_id BLOB NOT NULL,
  custodian_id BLOB NOT NULL,
  place TEXT,
  since BIGINT NOT NULL,
  missing_since BIGINT,
  stock_take_id BLOB,
  PRIMARY KEY (chain_id, contract_id),
  FOREIGN KEY (chain_id, contract_id) REFERENCES contracts (chain_id, id),
  FOREIGN KEY (chain_id, custodian_id) REFERENCES staff (chain_id, id)
);
CREATE INDEX contract_originals_by_custodian ON contract_originals (chain_id, custodian_id, contract_id);

-- What an event of a contract says of its original.
CREATE TABLE custody_events (
  chain_id BLOB NOT NULL REFERENCES chains (id),
  contract_id BLOB NOT NULL,
  event_id BLOB NOT NULL,
  step TEXT NOT NULL,
  from_id BLOB,
  to_id BLOB,
  place TEXT,
  lending_id BLOB,
  stock_take_id BLOB,
  PRIMARY KEY (chain_id, contract_id, event_id)
);

-- store_id, custodian_id: whose originals; NULL: everybody's.
CREATE TABLE stock_takes (
  chain_id BLOB NOT NULL REFERENCES chains (id),
  id BLOB NOT NULL,
  store_id BLOB,
  custodian_id BLOB,
  begun_by BLOB,
  begun_at BIGINT NOT NULL,
  closed_by BLOB,
  closed_at BIGINT,
  PRIMARY KEY (chain_id, id)
);

-- expected: it should have been there at the beginning; outcome: NULL: nobody has said anything yet.
CREATE TABLE stock_take_items (
  chain_id BLOB NOT NULL REFERENCES chains (id),
  stock_take_id BLOB NOT NULL,
  number TEXT NOT NULL,
  contract_id BLOB,
  custodian_id BLOB,
  expected BOOLEAN NOT NULL,
  outcome TEXT,
  at BIGINT,
  staff_id BLOB,
  PRIMARY KEY (chain_id, stock_take_id, number),
  FOREIGN KEY (chain_id, stock_take_id) REFERENCES stock_takes (chain_id, id)
);
