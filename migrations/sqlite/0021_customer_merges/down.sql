DROP TABLE customer_merge_moves;
DROP TABLE customer_merges;
DROP INDEX memberships_open;
ALTER TABLE memberships DROP COLUMN merged_from;
CREATE UNIQUE INDEX memberships_open ON memberships (chain_id, customer_id, program_id) WHERE open;
DROP INDEX customers_merged;
DROP INDEX customers_by_introducer;
ALTER TABLE customers DROP COLUMN merged_into;
