-- What the schedule has done: a row per job, zone and business date, which tells its last run.

-- runs: how often; done: what the last one did; code, detail: why it failed.
CREATE TABLE job_runs (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  job TEXT COLLATE "C" NOT NULL,
  zone TEXT COLLATE "C" NOT NULL,
  day INTEGER NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  started_at BIGINT NOT NULL,
  ended_at BIGINT,
  runs BIGINT NOT NULL,
  done BIGINT NOT NULL,
  code TEXT COLLATE "C",
  detail_zh TEXT COLLATE "C",
  detail_en TEXT COLLATE "C",
  PRIMARY KEY (chain_id, job, zone, day)
);

SELECT isolate_by_chain('job_runs');
