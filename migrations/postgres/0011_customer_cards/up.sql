-- What a chain declares of its own fields, and customers' cards.

-- subject: whose fields (customer). fields is JSON. Versions are never changed: values are shown under the one they were written in.
CREATE TABLE field_versions (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  subject TEXT COLLATE "C" NOT NULL,
  version INTEGER NOT NULL,
  fields TEXT COLLATE "C" NOT NULL,
  created_by BYTEA,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (chain_id, subject, version)
);

-- card is JSON, sealed under the customer's key.
CREATE TABLE customer_cards (
  chain_id BYTEA NOT NULL,
  customer_id BYTEA NOT NULL,
  card BYTEA NOT NULL,
  PRIMARY KEY (chain_id, customer_id),
  FOREIGN KEY (chain_id, customer_id) REFERENCES customers (chain_id, id)
);

SELECT isolate_by_chain('field_versions');
SELECT isolate_by_chain('customer_cards');
