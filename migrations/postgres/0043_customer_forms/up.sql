-- Forms that customers fill in by a one-time link: of its secret the SHA-256, of what they answer what is sealed under their key.
CREATE TABLE customer_forms (
  chain_id BYTEA NOT NULL,
  id BYTEA NOT NULL,
  customer_id BYTEA NOT NULL,
  digest BYTEA NOT NULL,
  groups TEXT COLLATE "C" NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  expires_at BIGINT NOT NULL,
  answers BYTEA,
  staff_id BYTEA,
  created_at BIGINT NOT NULL,
  answered_at BIGINT,
  reviewed_by BYTEA,
  reviewed_at BIGINT,
  PRIMARY KEY (chain_id, id),
  FOREIGN KEY (chain_id, customer_id) REFERENCES customers (chain_id, id)
);
CREATE INDEX customer_forms_by_digest ON customer_forms (chain_id, digest);
CREATE INDEX customer_forms_by_customer ON customer_forms (chain_id, customer_id, id);

SELECT isolate_by_chain('customer_forms');
