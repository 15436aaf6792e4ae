-- What stood on a customer's card before each change, sealed under the person's key.
CREATE TABLE customer_changes (
  chain_id BYTEA NOT NULL,
  id BYTEA NOT NULL,
  customer_id BYTEA NOT NULL,
  earlier BYTEA NOT NULL,
  staff_id BYTEA,
  at BIGINT NOT NULL,
  PRIMARY KEY (chain_id, id),
  FOREIGN KEY (chain_id, customer_id) REFERENCES customers (chain_id, id)
);
CREATE INDEX customer_changes_by_customer ON customer_changes (chain_id, customer_id, at, id);

SELECT isolate_by_chain('customer_changes');
