-- Words in sealed texts: keyed digests of two neighbouring characters, of journal entries and records.
CREATE TABLE text_grams (
  chain_id BYTEA NOT NULL,
  gram BYTEA NOT NULL,
  subject_id BYTEA NOT NULL,
  PRIMARY KEY (chain_id, gram, subject_id)
);

SELECT isolate_by_chain('text_grams');
