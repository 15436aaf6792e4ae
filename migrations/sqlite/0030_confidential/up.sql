-- Who saw or took away what, and what is deleted by two people.

-- Append-only but for note, which is sealed under the customer's key and goes with it. what is a JSON list of names.
-- number stands on what was taken away.
CREATE TABLE looks (
  chain_id BLOB NOT NULL,
  id BLOB NOT NULL,
  at BIGINT NOT NULL,
  staff_id BLOB,
  customer_id BLOB,
  kind TEXT NOT NULL,
  what TEXT NOT NULL,
  subject BLOB,
  purpose TEXT,
  note BLOB,
  number TEXT NOT NULL,
  PRIMARY KEY (chain_id, id),
  UNIQUE (chain_id, number)
);
CREATE INDEX looks_by_customer ON looks (chain_id, customer_id, id);
CREATE INDEX looks_by_staff ON looks (chain_id, staff_id, id);
CREATE INDEX looks_by_time ON looks (chain_id, at);

-- What is to go, and what has gone: scope says whether a person, an identity number or a record.
CREATE TABLE deletions (
  chain_id BLOB NOT NULL,
  id BLOB NOT NULL,
  scope TEXT NOT NULL,
  customer_id BLOB NOT NULL,
  record_id BLOB,
  ground TEXT NOT NULL,
  reference TEXT,
  state TEXT NOT NULL,
  noted_at BIGINT NOT NULL,
  requested_by BLOB,
  requested_at BIGINT,
  decided_by BLOB,
  decided_at BIGINT,
  PRIMARY KEY (chain_id, id),
  FOREIGN KEY (chain_id, customer_id) REFERENCES customers (chain_id, id)
);
CREATE INDEX deletions_by_state ON deletions (chain_id, state, id);
CREATE INDEX deletions_by_customer ON deletions (chain_id, customer_id, id);
