DROP INDEX memberships_by_merge;
ALTER TABLE memberships DROP COLUMN merged_into;
DROP TABLE merged_lots;
DROP TABLE membership_merges;
DROP TABLE holder_transfers;
