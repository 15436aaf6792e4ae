-- Approvals of what is done only afterwards, by whoever asked.

-- request: what is to be done, in JSON, without personal data; used_at: when it was.
ALTER TABLE approvals ADD COLUMN request TEXT;
ALTER TABLE approvals ADD COLUMN used_at BIGINT;
