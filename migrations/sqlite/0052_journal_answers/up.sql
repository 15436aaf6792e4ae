-- How an entry of a journal was answered, and what a supervisor says of that. An entry itself never changes.

-- kind: resolution or verdict. texts is JSON, sealed under the customer's key.
CREATE TABLE journal_answers (
  chain_id BLOB NOT NULL,
  entry_id BLOB NOT NULL,
  kind TEXT NOT NULL,
  texts BLOB NOT NULL,
  staff_id BLOB,
  written_at BIGINT NOT NULL,
  PRIMARY KEY (chain_id, entry_id, kind),
  FOREIGN KEY (chain_id, entry_id) REFERENCES journal (chain_id, id)
);
CREATE INDEX journal_by_due ON journal (chain_id, due_on, id) WHERE due_on IS NOT NULL AND NOT resolved;
