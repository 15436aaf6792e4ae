-- What happened with a customer is read by time, kind by kind.
CREATE INDEX records_by_time ON records (chain_id, customer_id, created_at, id);
CREATE INDEX files_by_time ON files (chain_id, customer_id, created_at, id);
