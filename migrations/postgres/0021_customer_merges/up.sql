-- Two customers who were one person: who went where, and what has to go back if it was wrong.

-- A customer who was merged into another: the row stays, without anything personal.
ALTER TABLE customers ADD COLUMN merged_into BYTEA;
CREATE INDEX customers_by_introducer ON customers (chain_id, introducer_id) WHERE introducer_id IS NOT NULL;
CREATE INDEX customers_merged ON customers (chain_id, merged_into) WHERE merged_into IS NOT NULL;

-- Whose a membership was before a merge: two of one program may be open then, otherwise one.
ALTER TABLE memberships ADD COLUMN merged_from BYTEA;
DROP INDEX memberships_open;
CREATE UNIQUE INDEX memberships_open ON memberships (chain_id, customer_id, program_id) WHERE open AND merged_from IS NULL;

-- content is JSON, sealed under the surviving customer's key: both before, the survivor after, what was lost.
CREATE TABLE customer_merges (
  chain_id BYTEA NOT NULL,
  id BYTEA NOT NULL,
  customer_id BYTEA NOT NULL,
  merged_id BYTEA NOT NULL,
  content BYTEA NOT NULL,
  staff_id BYTEA,
  merged_at BIGINT NOT NULL,
  undone_by BYTEA,
  undone_at BIGINT,
  PRIMARY KEY (chain_id, id),
  FOREIGN KEY (chain_id, customer_id) REFERENCES customers (chain_id, id),
  FOREIGN KEY (chain_id, merged_id) REFERENCES customers (chain_id, id)
);
CREATE INDEX customer_merges_by_customer ON customer_merges (chain_id, customer_id, id);
CREATE INDEX customer_merges_by_merged ON customer_merges (chain_id, merged_id, id);

-- Which rows of other tables a merge has given to the survivor.
CREATE TABLE customer_merge_moves (
  chain_id BYTEA NOT NULL,
  merge_id BYTEA NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  row_id BYTEA NOT NULL,
  PRIMARY KEY (chain_id, merge_id, kind, row_id),
  FOREIGN KEY (chain_id, merge_id) REFERENCES customer_merges (chain_id, id)
);

SELECT isolate_by_chain('customer_merges');
SELECT isolate_by_chain('customer_merge_moves');
