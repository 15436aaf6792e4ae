UPDATE memberships SET purchases = (SELECT COUNT(*) FROM bills b
  WHERE b.chain_id = memberships.chain_id AND b.membership_id = memberships.id AND b.kind = 'sale');
