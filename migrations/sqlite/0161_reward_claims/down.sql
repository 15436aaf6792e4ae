DROP TABLE reward_claims;
DROP TABLE reward_stocks;
ALTER TABLE rewards DROP COLUMN rules;
