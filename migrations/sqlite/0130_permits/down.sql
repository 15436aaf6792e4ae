ALTER TABLE approvals DROP COLUMN used_at;
ALTER TABLE approvals DROP COLUMN request;
