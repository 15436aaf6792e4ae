-- Files of customers. The contents lie in the data folder, sealed under a key that sealed holds with the name, under the customer's key.

-- address and thumbnail are SHA-256 of the sealed contents.
CREATE TABLE files (
  chain_id BYTEA NOT NULL,
  id BYTEA NOT NULL,
  customer_id BYTEA NOT NULL,
  record_id BYTEA,
  journal_id BYTEA,
  media_type TEXT COLLATE "C" NOT NULL,
  size BIGINT NOT NULL,
  address BYTEA NOT NULL,
  thumbnail BYTEA,
  sealed BYTEA NOT NULL,
  staff_id BYTEA,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (chain_id, id),
  FOREIGN KEY (chain_id, customer_id) REFERENCES customers (chain_id, id)
);
CREATE INDEX files_by_customer ON files (chain_id, customer_id, id);

SELECT isolate_by_chain('files');
