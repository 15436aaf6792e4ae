-- A sale that came back in full is no purchase any more: the next one may be the first.
UPDATE memberships SET purchases = purchases - (SELECT COUNT(*) FROM bills b
  WHERE b.chain_id = memberships.chain_id AND b.membership_id = memberships.id AND b.kind = 'sale'
  AND NOT EXISTS (SELECT 1 FROM bill_lines l
    WHERE l.chain_id = b.chain_id AND l.bill_id = b.id AND l.returned_quantity < l.quantity));
