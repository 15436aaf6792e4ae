### A membership: tier, renewal, points, family pool, holder

done-at = Done at
member-other = Another one
member-nobody = No other membership of this program was found.

tier-set = Set the tier by hand
tier-set-why = The figures give { $own }. Set a higher one with a reason, for two years at most; at its end the figures decide.
tier-revoke = Take the tier back
tier-revoke-why = Takes back { $tier }, which was set by hand; the figures give { $own }.
tier-highest = It is the highest tier already.
tier-step = Tier
tier-last-day = Last day
