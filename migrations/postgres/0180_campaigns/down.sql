DROP INDEX memberships_by_opening;
DROP TABLE campaign_uses;
DROP TABLE campaign_versions;
DROP TABLE campaigns;
ALTER TABLE chains DROP COLUMN campaigns_version;
