-- What moved since a day or in a month, and who is in debt, are read by their own indexes.
CREATE INDEX entries_by_time ON entries (chain_id, occurred_at);
CREATE INDEX accounts_in_debt ON accounts (chain_id, membership_id, asset) WHERE debt > 0;
