-- What was told and done with customers. Append-only: a correction is a row that names what it corrects.

-- texts is JSON, sealed under the customer's key. due_on: until when it is to be answered, nothing: never.
CREATE TABLE journal (
  chain_id BLOB NOT NULL,
  id BLOB NOT NULL,
  customer_id BLOB NOT NULL,
  category TEXT NOT NULL,
  occurred_at BIGINT NOT NULL,
  due_on INTEGER,
  resolved BOOLEAN NOT NULL,
  amount BIGINT,
  quantity BIGINT,
  corrects BLOB,
  texts BLOB NOT NULL,
  staff_id BLOB,
  written_at BIGINT NOT NULL,
  PRIMARY KEY (chain_id, id),
  UNIQUE (chain_id, corrects),
  FOREIGN KEY (chain_id, customer_id) REFERENCES customers (chain_id, id)
);
CREATE INDEX journal_by_customer ON journal (chain_id, customer_id, id);
