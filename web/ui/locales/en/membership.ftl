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

renewals = Renewals
renewals-nothing = Not renewed yet.
renew = Renew
renewal-from-to = Valid through { $to } instead of { $from }
renewal-reopened = Open again
renewal-reopens = The membership has ended; it and its cards will be open again.
renewal-points-ended = { $points } points ended and stay ended
renewal-cards = Cards that go on: { $number }

member-balances = Points and value
balance-maturing = { $amount } maturing
balance-held = { $amount } set aside
holds = Set aside
holds-nothing = Nothing is set aside.
hold-time = from { $from } until { $until }
hold-spent = { $amount } spent
hold-release = Let go
hold-state-open = Set aside
hold-state-captured = Spent
hold-state-released = Let go
hold-state-expired = Over
transfer-points = Hand points over
transfer-points-why = { $points } points can be spent. They go to another membership of the program without a fee, and keep their dates.
transfer-points-to = To
transferred = { $points } points went to { $who }.
made-sure = Made sure
made-sure-signed = The holder has signed
made-sure-manager = Agreed to as a manager
