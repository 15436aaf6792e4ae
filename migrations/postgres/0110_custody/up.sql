-- Custody of signed originals, and counts of them.

-- Whose original it is; NULL: another paper. An original is away at most once at a time.
ALTER TABLE lendings ADD COLUMN contract_id BYTEA;
CREATE INDEX lendings_by_contract ON lendings (chain_id, contract_id, id);
CREATE UNIQUE INDEX lendings_of_contract_away ON lendings (chain_id, contract_id) WHERE returned_at IS NULL;

-- custodian_id: who keeps it; place: a cabinet; missing_since: a stock-take, which is named, hasn't found it.
CREATE TABLE contract_originals (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  contract_id BYTEA NOT NULL,
  custodian_id BYTEA NOT NULL,
  place TEXT COLLATE "C",
  since BIGINT NOT NULL,
  missing_since BIGINT,
  stock_take_id BYTEA,
  PRIMARY KEY (chain_id, contract_id),
  FOREIGN KEY (chain_id, contract_id) REFERENCES contracts (chain_id, id),
  FOREIGN KEY (chain_id, custodian_id) REFERENCES staff (chain_id, id)
);
CREATE INDEX contract_originals_by_custodian ON contract_originals (chain_id, custodian_id, contract_id);

-- What an event of a contract says of its original.
CREATE TABLE custody_events (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  contract_id BYTEA NOT NULL,
  event_id BYTEA NOT NULL,
  step TEXT COLLATE "C" NOT NULL,
  from_id BYTEA,
  to_id BYTEA,
  place TEXT COLLATE "C",
  lending_id BYTEA,
  stock_take_id BYTEA,
  PRIMARY KEY (chain_id, contract_id, event_id)
);

-- store_id, custodian_id: whose originals; NULL: everybody's.
CREATE TABLE stock_takes (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  id BYTEA NOT NULL,
  store_id BYTEA,
  custodian_id BYTEA,
  begun_by BYTEA,
  begun_at BIGINT NOT NULL,
  closed_by BYTEA,
  closed_at BIGINT,
  PRIMARY KEY (chain_id, id)
);

-- expected: it should have been there at the beginning; outcome: NULL: nobody has said anything yet.
CREATE TABLE stock_take_items (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  stock_take_id BYTEA NOT NULL,
  number TEXT COLLATE "C" NOT NULL,
  contract_id BYTEA,
  custodian_id BYTEA,
  expected BOOLEAN NOT NULL,
  outcome TEXT COLLATE "C",
  at BIGINT,
  staff_id BYTEA,
  PRIMARY KEY (chain_id, stock_take_id, number),
  FOREIGN KEY (chain_id, stock_take_id) REFERENCES stock_takes (chain_id, id)
);

SELECT isolate_by_chain('contract_originals');
SELECT isolate_by_chain('custody_events');
SELECT isolate_by_chain('stock_takes');
SELECT isolate_by_chain('stock_take_items');
