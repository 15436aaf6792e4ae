-- Whether the end of a lot is booked: then no night looks at it again, and one that was emptied before its date gets its
-- closing entry too.
ALTER TABLE lots ADD COLUMN ended BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE lots SET ended = TRUE WHERE EXISTS (SELECT 1 FROM lot_moves m
  JOIN entries e ON e.chain_id = m.chain_id AND e.id = m.entry_id
  WHERE m.chain_id = lots.chain_id AND m.lot_id = lots.id AND e.kind = 'expire');
DROP INDEX lots_by_expiry;
CREATE INDEX lots_by_expiry ON lots (chain_id, expires_at) WHERE NOT ended AND expires_at IS NOT NULL;
