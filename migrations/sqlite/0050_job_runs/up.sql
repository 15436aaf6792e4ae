-- What the schedule has done: a row per job, zone and business date, which tells its last run.

-- runs: how often; done: what the last one did; code, detail: why it failed.
CREATE TABLE job_runs (
  chain_id BLOB NOT NULL REFERENCES chains (id),
  job TEXT NOT NULL,
  zone TEXT NOT NULL,
  day INTEGER NOT NULL,
  state TEXT NOT NULL,
  started_at BIGINT NOT NULL,
  ended_at BIGINT,
  runs BIGINT NOT NULL,
  done BIGINT NOT NULL,
  code TEXT,
  detail_zh TEXT,
  detail_en TEXT,
  PRIMARY KEY (chain_id, job, zone, day)
);
