-- Memberships of one program that share their points. The head's is head_id; once it leaves, the pool is closed.
CREATE TABLE pools (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  id BYTEA NOT NULL,
  program_id BYTEA NOT NULL,
  head_id BYTEA NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  store_id BYTEA NOT NULL,
  staff_id BYTEA,
  opened_at BIGINT NOT NULL,
  closed_at BIGINT,
  PRIMARY KEY (chain_id, id)
);
CREATE INDEX pools_by_head ON pools (chain_id, head_id);

-- Who is and was in which. Whoever joins has agreed, and the head has; joined_by wrote it down.
CREATE TABLE pool_members (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  id BYTEA NOT NULL,
  pool_id BYTEA NOT NULL,
  membership_id BYTEA NOT NULL,
  joined_at BIGINT NOT NULL,
  joined_by BYTEA,
  reason TEXT COLLATE "C" NOT NULL,
  left_at BIGINT,
  left_by BYTEA,
  left_reason TEXT COLLATE "C",
  PRIMARY KEY (chain_id, id)
);
CREATE INDEX pool_members_of_pool ON pool_members (chain_id, pool_id, id);
CREATE INDEX pool_members_past ON pool_members (chain_id, membership_id);
CREATE INDEX pool_members_now ON pool_members (chain_id, pool_id) WHERE left_at IS NULL;
CREATE UNIQUE INDEX pool_members_present ON pool_members (chain_id, membership_id) WHERE left_at IS NULL;

-- What a bill took of others in the pool: lot_id is the spender's that came of it, lender_lot_id where it came from and goes
-- back to.
CREATE TABLE pool_draws (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  bill_id BYTEA NOT NULL,
  lot_id BYTEA NOT NULL,
  membership_id BYTEA NOT NULL,
  lender_id BYTEA NOT NULL,
  lender_lot_id BYTEA NOT NULL,
  amount BIGINT NOT NULL CHECK (amount > 0),
  PRIMARY KEY (chain_id, bill_id, lot_id)
);

SELECT isolate_by_chain('pools');
SELECT isolate_by_chain('pool_members');
SELECT isolate_by_chain('pool_draws');
