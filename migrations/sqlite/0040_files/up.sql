-- Files of customers. The contents lie in the data folder, sealed under a key that sealed holds with the name, under the customer's key.

-- address and thumbnail are SHA-256 of the sealed contents.
CREATE TABLE files (
  chain_id BLOB NOT NULL,
  id BLOB NOT NULL,
  customer_id BLOB NOT NULL,
  record_id BLOB,
  journal_id BLOB,
  media_type TEXT NOT NULL,
  size BIGINT NOT NULL,
  address BLOB NOT NULL,
  thumbnail BLOB,
  sealed BLOB NOT NULL,
  staff_id BLOB,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (chain_id, id),
  FOREIGN KEY (chain_id, customer_id) REFERENCES customers (chain_id, id)
);
CREATE INDEX files_by_customer ON files (chain_id, customer_id, id);
