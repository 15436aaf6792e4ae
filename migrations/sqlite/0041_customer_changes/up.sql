-- What stood on a customer's card before each change, sealed under the person's key.
CREATE TABLE customer_changes (
  chain_id BLOB NOT NULL,
  id BLOB NOT NULL,
  customer_id BLOB NOT NULL,
  earlier BLOB NOT NULL,
  staff_id BLOB,
  at BIGINT NOT NULL,
  PRIMARY KEY (chain_id, id),
  FOREIGN KEY (chain_id, customer_id) REFERENCES customers (chain_id, id)
);
CREATE INDEX customer_changes_by_customer ON customer_changes (chain_id, customer_id, at, id);
