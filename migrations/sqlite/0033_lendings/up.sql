-- Paper originals that are or were away. what is sealed under the customer's key; number is that of the access log.
CREATE TABLE lendings (
  chain_id BLOB NOT NULL,
  id BLOB NOT NULL,
  customer_id BLOB NOT NULL,
  what BLOB,
  number TEXT NOT NULL,
  borrower_id BLOB NOT NULL,
  lent_at BIGINT NOT NULL,
  due_on INTEGER NOT NULL,
  returned_at BIGINT,
  returned_to BLOB,
  PRIMARY KEY (chain_id, id),
  FOREIGN KEY (chain_id, customer_id) REFERENCES customers (chain_id, id),
  FOREIGN KEY (chain_id, borrower_id) REFERENCES staff (chain_id, id)
);
CREATE INDEX lendings_by_customer ON lendings (chain_id, customer_id, id);
CREATE INDEX lendings_away ON lendings (chain_id, due_on) WHERE returned_at IS NULL;
