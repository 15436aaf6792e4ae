-- Forms that customers fill in by a one-time link: of its secret the SHA-256, of what they answer what is sealed under their key.
CREATE TABLE customer_forms (
  chain_id BLOB NOT NULL,
  id BLOB NOT NULL,
  customer_id BLOB NOT NULL,
  digest BLOB NOT NULL,
  groups TEXT NOT NULL,
  state TEXT NOT NULL,
  expires_at BIGINT NOT NULL,
  answers BLOB,
  staff_id BLOB,
  created_at BIGINT NOT NULL,
  answered_at BIGINT,
  reviewed_by BLOB,
  reviewed_at BIGINT,
  PRIMARY KEY (chain_id, id),
  FOREIGN KEY (chain_id, customer_id) REFERENCES customers (chain_id, id)
);
CREATE INDEX customer_forms_by_digest ON customer_forms (chain_id, digest);
CREATE INDEX customer_forms_by_customer ON customer_forms (chain_id, customer_id, id);
