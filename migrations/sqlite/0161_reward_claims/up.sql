-- Rewards (D-RWD-1): when and for whom, what stores have of their own, and how exchanges reach their members.

-- JSON; empty: no restriction.
ALTER TABLE rewards ADD COLUMN rules TEXT NOT NULL DEFAULT '{}';

CREATE TABLE reward_stocks (
  chain_id BLOB NOT NULL REFERENCES chains (id),
  reward_id BLOB NOT NULL,
  store_id BLOB NOT NULL,
  stock BIGINT NOT NULL,
  PRIMARY KEY (chain_id, reward_id, store_id),
  FOREIGN KEY (chain_id, reward_id) REFERENCES rewards (chain_id, id)
);

-- One row for each exchange. from_store: its pieces come from the store's own stock; collect_by: the last day of a piece that
-- is ready.
CREATE TABLE reward_claims (
  chain_id BLOB NOT NULL REFERENCES chains (id),
  bill_id BLOB NOT NULL,
  reward_id BLOB NOT NULL,
  membership_id BLOB NOT NULL,
  store_id BLOB NOT NULL,
  quantity BIGINT NOT NULL,
  from_store BOOLEAN NOT NULL,
  state TEXT NOT NULL,
  applied_at BIGINT NOT NULL,
  ready_at BIGINT,
  collect_by INTEGER,
  collected_at BIGINT,
  collector TEXT,
  staff_id BLOB,
  PRIMARY KEY (chain_id, bill_id),
  FOREIGN KEY (chain_id, membership_id) REFERENCES memberships (chain_id, id)
);
CREATE INDEX reward_claims_by_member ON reward_claims (chain_id, reward_id, membership_id);
CREATE INDEX reward_claims_by_state ON reward_claims (chain_id, state, store_id, bill_id);
