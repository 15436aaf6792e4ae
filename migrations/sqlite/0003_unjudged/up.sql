-- Sales whose plugin failed: what it was asked, until it has answered.
CREATE TABLE unjudged (
  chain_id BLOB NOT NULL,
  bill_id BLOB NOT NULL,
  input BLOB NOT NULL,
  PRIMARY KEY (chain_id, bill_id),
  FOREIGN KEY (chain_id, bill_id) REFERENCES bills (chain_id, id)
) WITHOUT ROWID;
