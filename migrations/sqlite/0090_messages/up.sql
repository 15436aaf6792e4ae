-- Messages to people.

-- One message to one receiver, written by what causes it. kind: what it tells; channel: chosen with the first try; details:
-- what its kind tells, without personal data; source_key: what it is sent for, once; letter: what is sent, sealed, the same
-- over all tries; shown_to: the address, masked; said: what the other side answered last, in both languages.
CREATE TABLE messages (
  chain_id BLOB NOT NULL REFERENCES chains (id),
  id BLOB NOT NULL,
  kind TEXT NOT NULL,
  channel TEXT,
  customer_id BLOB,
  staff_id BLOB,
  subject_id BLOB,
  details TEXT NOT NULL,
  source_key TEXT,
  state TEXT NOT NULL,
  reason TEXT,
  tries INTEGER NOT NULL,
  due_at BIGINT NOT NULL,
  next_at BIGINT NOT NULL,
  lease_until BIGINT,
  letter BLOB,
  shown_to TEXT,
  code TEXT,
  said TEXT,
  created_at BIGINT NOT NULL,
  ended_at BIGINT,
  PRIMARY KEY (chain_id, id)
);
CREATE INDEX messages_by_state ON messages (chain_id, state, next_at, id);
CREATE INDEX messages_by_customer ON messages (chain_id, customer_id, id);
CREATE UNIQUE INDEX messages_by_source ON messages (chain_id, source_key);

-- How a chain sends: name: mail, sms, chat; document: without its secret, which is sealed.
CREATE TABLE message_channels (
  chain_id BLOB NOT NULL REFERENCES chains (id),
  name TEXT NOT NULL,
  document TEXT NOT NULL,
  secret BLOB,
  active BOOLEAN NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (chain_id, name)
);

-- What customers don't want to get, by purpose; marketing stands in the card's consent.
CREATE TABLE message_refusals (
  chain_id BLOB NOT NULL REFERENCES chains (id),
  customer_id BLOB NOT NULL,
  purpose TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (chain_id, customer_id, purpose)
);

-- Where work messages go: mail and phone, sealed.
CREATE TABLE staff_contacts (
  chain_id BLOB NOT NULL REFERENCES chains (id),
  staff_id BLOB NOT NULL,
  contact BLOB NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (chain_id, staff_id)
);
