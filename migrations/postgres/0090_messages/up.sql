-- Messages to people.

-- One message to one receiver, written by what causes it. kind: what it tells; channel: chosen with the first try; details:
-- what its kind tells, without personal data; source_key: what it is sent for, once; letter: what is sent, sealed, the same
-- over all tries; shown_to: the address, masked; said: what the other side answered last, in both languages.
CREATE TABLE messages (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  id BYTEA NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  channel TEXT COLLATE "C",
  customer_id BYTEA,
  staff_id BYTEA,
  subject_id BYTEA,
  details TEXT COLLATE "C" NOT NULL,
  source_key TEXT COLLATE "C",
  state TEXT COLLATE "C" NOT NULL,
  reason TEXT COLLATE "C",
  tries INTEGER NOT NULL,
  due_at BIGINT NOT NULL,
  next_at BIGINT NOT NULL,
  lease_until BIGINT,
  letter BYTEA,
  shown_to TEXT COLLATE "C",
  code TEXT COLLATE "C",
  said TEXT COLLATE "C",
  created_at BIGINT NOT NULL,
  ended_at BIGINT,
  PRIMARY KEY (chain_id, id)
);
CREATE INDEX messages_by_state ON messages (chain_id, state, next_at, id);
CREATE INDEX messages_by_customer ON messages (chain_id, customer_id, id);
CREATE UNIQUE INDEX messages_by_source ON messages (chain_id, source_key);

-- How a chain sends: name: mail, sms, chat; document: without its secret, which is sealed.
CREATE TABLE message_channels (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  name TEXT COLLATE "C" NOT NULL,
  document TEXT COLLATE "C" NOT NULL,
  secret BYTEA,
  active BOOLEAN NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (chain_id, name)
);

-- What customers don't want to get, by purpose; marketing stands in the card's consent.
CREATE TABLE message_refusals (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  customer_id BYTEA NOT NULL,
  purpose TEXT COLLATE "C" NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (chain_id, customer_id, purpose)
);

-- Where work messages go: mail and phone, sealed.
CREATE TABLE staff_contacts (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  staff_id BYTEA NOT NULL,
  contact BYTEA NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (chain_id, staff_id)
);

SELECT isolate_by_chain('messages');
SELECT isolate_by_chain('message_channels');
SELECT isolate_by_chain('message_refusals');
SELECT isolate_by_chain('staff_contacts');
