-- Runs that would take too much at once wait for somebody's word.

-- taken: what the runs of that day were let take; held, held_of: what one wanted to take, and of how much; approved: how much
-- of it somebody agreed to, with the day's earlier runs.
ALTER TABLE job_runs ADD COLUMN taken BIGINT NOT NULL DEFAULT 0;
ALTER TABLE job_runs ADD COLUMN held BIGINT;
ALTER TABLE job_runs ADD COLUMN held_of BIGINT;
ALTER TABLE job_runs ADD COLUMN approved BIGINT;
ALTER TABLE job_runs ADD COLUMN approved_by BLOB;
ALTER TABLE job_runs ADD COLUMN approved_at BIGINT;
