-- Money that is paid in advance: top-ups, passes, their uses, and what was paid back of them.

-- id: its bill. payer_id: the customer who paid, whose archive holds the identity that the law wants. refund_id: the bill that
-- paid it back.
CREATE TABLE top_ups (
  chain_id BLOB NOT NULL,
  id BLOB NOT NULL,
  membership_id BLOB NOT NULL,
  store_id BLOB NOT NULL,
  at BIGINT NOT NULL,
  paid_on INTEGER NOT NULL,
  paid BIGINT NOT NULL CHECK (paid > 0),
  granted BIGINT NOT NULL CHECK (granted >= 0),
  offer TEXT,
  principal_lot BLOB,
  bonus_lot BLOB,
  payer TEXT NOT NULL,
  payer_id BLOB,
  staff_id BLOB,
  refund_id BLOB,
  refunded BIGINT CHECK (refunded BETWEEN 0 AND paid),
  refund_reason TEXT,
  PRIMARY KEY (chain_id, id)
);
CREATE INDEX top_ups_by_membership ON top_ups (chain_id, membership_id, id);
CREATE INDEX top_ups_by_payer ON top_ups (chain_id, payer_id) WHERE payer_id IS NOT NULL;

-- id: the bill that sold it.
CREATE TABLE passes (
  chain_id BLOB NOT NULL,
  id BLOB NOT NULL,
  membership_id BLOB NOT NULL,
  store_id BLOB NOT NULL,
  at BIGINT NOT NULL,
  paid_on INTEGER NOT NULL,
  service TEXT NOT NULL,
  name TEXT NOT NULL,
  sessions BIGINT NOT NULL CHECK (sessions > 0),
  gifts BIGINT NOT NULL CHECK (gifts >= 0),
  paid BIGINT NOT NULL,
  list BIGINT NOT NULL,
  valid_through INTEGER,
  paid_lot BLOB,
  gift_lot BLOB,
  staff_id BLOB,
  refund_id BLOB,
  refunded BIGINT CHECK (refunded >= 0),
  refund_reason TEXT,
  PRIMARY KEY (chain_id, id)
);
CREATE INDEX passes_by_membership ON passes (chain_id, membership_id, id);

-- confirmation: how the customer confirmed it. cancelled_by: the bill that gave the sessions back.
CREATE TABLE pass_uses (
  chain_id BLOB NOT NULL,
  id BLOB NOT NULL,
  pass_id BLOB NOT NULL,
  membership_id BLOB NOT NULL,
  store_id BLOB NOT NULL,
  at BIGINT NOT NULL,
  sessions BIGINT NOT NULL CHECK (sessions > 0),
  therapist_id BLOB NOT NULL,
  confirmation TEXT NOT NULL,
  staff_id BLOB,
  cancelled_by BLOB,
  PRIMARY KEY (chain_id, id)
);
CREATE INDEX pass_uses_by_pass ON pass_uses (chain_id, pass_id, id);
