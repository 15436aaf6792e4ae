ALTER TABLE job_runs DROP COLUMN approved_at;
ALTER TABLE job_runs DROP COLUMN approved_by;
ALTER TABLE job_runs DROP COLUMN approved;
ALTER TABLE job_runs DROP COLUMN held_of;
ALTER TABLE job_runs DROP COLUMN held;
ALTER TABLE job_runs DROP COLUMN taken;
