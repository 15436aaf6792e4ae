-- Vouchers (D-RWD-2): kinds, batches, codes and what they were used for.

-- rules: JSON. issued, used: codes of the kind so far, and uses that stand.
CREATE TABLE voucher_kinds (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  id BYTEA NOT NULL,
  code TEXT COLLATE "C" NOT NULL,
  name_zh TEXT COLLATE "C" NOT NULL,
  name_en TEXT COLLATE "C" NOT NULL,
  rules TEXT COLLATE "C" NOT NULL,
  issued BIGINT NOT NULL,
  used BIGINT NOT NULL,
  active BOOLEAN NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (chain_id, id)
);
CREATE UNIQUE INDEX voucher_kinds_by_code ON voucher_kinds (chain_id, code);

CREATE TABLE voucher_batches (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  id BYTEA NOT NULL,
  kind_id BYTEA NOT NULL,
  store_id BYTEA,
  quantity BIGINT NOT NULL,
  first_serial BIGINT NOT NULL,
  note TEXT COLLATE "C",
  staff_id BYTEA,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (chain_id, id),
  FOREIGN KEY (chain_id, kind_id) REFERENCES voucher_kinds (chain_id, id)
);

-- digest: keyed, of the code, which stands nowhere in clear; sealed: the code under the chain's key. membership_id: whose it
-- is, empty for whoever has it. own_amount and own_last_day: in place of the kind's, where a return gave it back.
CREATE TABLE vouchers (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  id BYTEA NOT NULL,
  kind_id BYTEA NOT NULL,
  batch_id BYTEA,
  serial BIGINT NOT NULL,
  digest BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  membership_id BYTEA,
  store_id BYTEA,
  issued_on INTEGER NOT NULL,
  own_amount BIGINT,
  own_last_day INTEGER,
  used BIGINT NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  reason TEXT COLLATE "C",
  bill_id BYTEA,
  staff_id BYTEA,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (chain_id, id),
  FOREIGN KEY (chain_id, kind_id) REFERENCES voucher_kinds (chain_id, id),
  FOREIGN KEY (chain_id, membership_id) REFERENCES memberships (chain_id, id)
);
CREATE UNIQUE INDEX vouchers_by_digest ON vouchers (chain_id, digest);
CREATE UNIQUE INDEX vouchers_by_serial ON vouchers (chain_id, kind_id, serial);
CREATE INDEX vouchers_by_membership ON vouchers (chain_id, membership_id, id);
CREATE INDEX vouchers_by_batch ON vouchers (chain_id, batch_id, serial);

-- amount: what it took off the bill; undone: a return has made the code usable again.
CREATE TABLE voucher_uses (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  id BYTEA NOT NULL,
  voucher_id BYTEA NOT NULL,
  kind_id BYTEA NOT NULL,
  membership_id BYTEA,
  bill_id BYTEA NOT NULL,
  position INTEGER NOT NULL,
  amount BIGINT NOT NULL,
  undone BOOLEAN NOT NULL,
  PRIMARY KEY (chain_id, id),
  FOREIGN KEY (chain_id, voucher_id) REFERENCES vouchers (chain_id, id)
);
CREATE INDEX voucher_uses_by_bill ON voucher_uses (chain_id, bill_id, position);
CREATE INDEX voucher_uses_by_voucher ON voucher_uses (chain_id, voucher_id, id);
CREATE INDEX voucher_uses_by_member ON voucher_uses (chain_id, kind_id, membership_id);

SELECT isolate_by_chain('voucher_kinds');
SELECT isolate_by_chain('voucher_batches');
SELECT isolate_by_chain('vouchers');
SELECT isolate_by_chain('voucher_uses');
