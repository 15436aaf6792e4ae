-- Words in sealed texts: keyed digests of two neighbouring characters, of journal entries and records.
CREATE TABLE text_grams (
  chain_id BLOB NOT NULL,
  gram BLOB NOT NULL,
  subject_id BLOB NOT NULL,
  PRIMARY KEY (chain_id, gram, subject_id)
) WITHOUT ROWID;
