-- Sales whose plugin failed: what it was asked, until it has answered.
CREATE TABLE unjudged (
  chain_id BYTEA NOT NULL,
  bill_id BYTEA NOT NULL,
  input BYTEA NOT NULL,
  PRIMARY KEY (chain_id, bill_id),
  FOREIGN KEY (chain_id, bill_id) REFERENCES bills (chain_id, id)
);
