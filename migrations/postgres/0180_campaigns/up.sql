-- Campaigns (D-CAM-1): what they do in versions, and what they gave.

-- 0: no campaign yet; rises with every change of one, so that a sale knows by a figure that it reads anyway whether there is
-- anything to look up.
ALTER TABLE chains ADD COLUMN campaigns_version BIGINT NOT NULL DEFAULT 0;

-- rules: JSON. given: points so far, what came back with whole bills taken off; the budget is measured by it.
CREATE TABLE campaigns (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  id BYTEA NOT NULL,
  program_id BYTEA NOT NULL,
  code TEXT COLLATE "C" NOT NULL,
  name_zh TEXT COLLATE "C" NOT NULL,
  name_en TEXT COLLATE "C" NOT NULL,
  rules TEXT COLLATE "C" NOT NULL,
  given BIGINT NOT NULL,
  active BOOLEAN NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (chain_id, id),
  FOREIGN KEY (chain_id, program_id) REFERENCES programs (chain_id, id)
);
CREATE UNIQUE INDEX campaigns_by_code ON campaigns (chain_id, program_id, code);

-- What a campaign was from an instant of business time on. Rows stay as they are: a bill is judged by the version of its time.
CREATE TABLE campaign_versions (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  campaign_id BYTEA NOT NULL,
  version BIGINT NOT NULL,
  program_id BYTEA NOT NULL,
  from_at BIGINT NOT NULL,
  code TEXT COLLATE "C" NOT NULL,
  name_zh TEXT COLLATE "C" NOT NULL,
  name_en TEXT COLLATE "C" NOT NULL,
  rules TEXT COLLATE "C" NOT NULL,
  active BOOLEAN NOT NULL,
  PRIMARY KEY (chain_id, campaign_id, version)
);

-- What a membership got, and what a cap let off. A bill that comes back whole gets a second row with the negative. occasion:
-- of an award without a bill what it was for, so that nobody gets it twice.
CREATE TABLE campaign_uses (
  chain_id BYTEA NOT NULL REFERENCES chains (id),
  campaign_id BYTEA NOT NULL,
  membership_id BYTEA NOT NULL,
  id BYTEA NOT NULL,
  version BIGINT NOT NULL,
  bill_id BYTEA,
  occasion TEXT COLLATE "C",
  day INTEGER NOT NULL,
  points BIGINT NOT NULL,
  let_off BIGINT NOT NULL,
  PRIMARY KEY (chain_id, campaign_id, membership_id, id),
  FOREIGN KEY (chain_id, campaign_id) REFERENCES campaigns (chain_id, id)
);
CREATE INDEX campaign_uses_by_bill ON campaign_uses (chain_id, bill_id);
CREATE UNIQUE INDEX campaign_uses_by_occasion ON campaign_uses (chain_id, campaign_id, membership_id, occasion);
CREATE INDEX memberships_by_opening ON memberships (chain_id, opened_at);

SELECT isolate_by_chain('campaigns');
SELECT isolate_by_chain('campaign_versions');
SELECT isolate_by_chain('campaign_uses');
