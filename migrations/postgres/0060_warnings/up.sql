-- Warnings about customers, and documents that a chain has one of each.

-- document is JSON; a chain without a row has the usual one.
CREATE TABLE settings (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  name TEXT COLLATE "C" NOT NULL,
  document TEXT COLLATE "C" NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (chain_id, name)
);

-- basis and ended_basis are JSON: the figures that were compared. texts is JSON, sealed under the customer's key.
CREATE TABLE warnings (
  chain_id BYTEA NOT NULL,
  id BYTEA NOT NULL,
  customer_id BYTEA NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  urgent BOOLEAN NOT NULL,
  basis TEXT COLLATE "C",
  texts BYTEA NOT NULL,
  opened_on INTEGER NOT NULL,
  due_on INTEGER NOT NULL,
  snoozed_until INTEGER,
  ended_basis TEXT COLLATE "C",
  ended_by BYTEA,
  ended_on INTEGER,
  version BIGINT NOT NULL,
  PRIMARY KEY (chain_id, id),
  FOREIGN KEY (chain_id, customer_id) REFERENCES customers (chain_id, id)
);
CREATE INDEX warnings_by_due ON warnings (chain_id, state, due_on, id);
CREATE INDEX warnings_by_customer ON warnings (chain_id, customer_id, id);
-- Two open ones of a kind would be one too many.
CREATE UNIQUE INDEX warnings_open ON warnings (chain_id, customer_id, kind) WHERE state = 'open';

SELECT isolate_by_chain('settings');
SELECT isolate_by_chain('warnings');
