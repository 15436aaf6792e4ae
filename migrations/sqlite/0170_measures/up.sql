-- Tiers on any measure, set by hand, and with a last day of their own.

-- A sale of which nothing is kept is no visit.
UPDATE measures SET amount = amount - (
  SELECT COUNT(*) FROM bills b WHERE b.chain_id = measures.chain_id AND b.membership_id = measures.membership_id
    AND b.kind = 'sale' AND b.business_date = measures.day AND (b.returned_money <> 0 OR b.total = 0)
    AND NOT EXISTS (SELECT 1 FROM json_each(b.parts, '$[0]') l WHERE json_extract(l.value, '$[3]') <> json_extract(l.value, '$[10]'))
) WHERE measure = 'visits';

-- Points of own purchases count on the first day on which they can be spent.
INSERT INTO measures (chain_id, membership_id, measure, day, amount)
  SELECT chain_id, membership_id, 'points',
    business_date + CASE WHEN json_extract(terms, '$[1]') > 0 THEN json_extract(terms, '$[1]') + 1 ELSE 0 END,
    SUM(earned - clawed_back)
  FROM bills WHERE kind = 'sale' AND membership_id IS NOT NULL AND earned <> clawed_back GROUP BY 1, 2, 3, 4;

CREATE INDEX measures_of_points ON measures (chain_id, day, membership_id) WHERE measure = 'points';

-- Of each measure, everything there ever was; kept in the transaction that counts, recomputed by verify.
CREATE TABLE measure_totals (
  chain_id BLOB NOT NULL REFERENCES chains (id),
  membership_id BLOB NOT NULL,
  measure TEXT NOT NULL,
  amount BIGINT NOT NULL,
  PRIMARY KEY (chain_id, membership_id, measure)
) WITHOUT ROWID;
INSERT INTO measure_totals (chain_id, membership_id, measure, amount)
  SELECT chain_id, membership_id, measure, SUM(amount) FROM measures GROUP BY 1, 2, 3;

-- tier_until: last day of the tier before its review, or of one that was set by hand; own_tier, own_until: what figures
-- give, while one that was set by hand is above it.
ALTER TABLE memberships ADD COLUMN tier_until INTEGER;
ALTER TABLE memberships ADD COLUMN own_tier TEXT;
ALTER TABLE memberships ADD COLUMN own_until INTEGER;

-- figures: all conditions with their figures, in JSON; null: what was paid, as the row says. own_from, own_to: what figures
-- give, where a tier that was set by hand was above it; staff_id, reason: who set it by hand, and why.
ALTER TABLE tier_changes ADD COLUMN figures TEXT;
ALTER TABLE tier_changes ADD COLUMN valid_through INTEGER;
ALTER TABLE tier_changes ADD COLUMN own_from TEXT;
ALTER TABLE tier_changes ADD COLUMN own_to TEXT;
ALTER TABLE tier_changes ADD COLUMN staff_id BLOB;
ALTER TABLE tier_changes ADD COLUMN reason TEXT;
