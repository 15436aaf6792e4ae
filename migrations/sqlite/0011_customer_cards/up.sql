-- What a chain declares of its own fields, and customers' cards.

-- subject: whose fields (customer). fields is JSON. Versions are never changed: values are shown under the one they were written in.
CREATE TABLE field_versions (
  chain_id BLOB NOT NULL REFERENCES chains (id),
  subject TEXT NOT NULL,
  version INTEGER NOT NULL,
  fields TEXT NOT NULL,
  created_by BLOB,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (chain_id, subject, version)
);

-- card is JSON, sealed under the customer's key.
CREATE TABLE customer_cards (
  chain_id BLOB NOT NULL,
  customer_id BLOB NOT NULL,
  card BLOB NOT NULL,
  PRIMARY KEY (chain_id, customer_id),
  FOREIGN KEY (chain_id, customer_id) REFERENCES customers (chain_id, id)
);
