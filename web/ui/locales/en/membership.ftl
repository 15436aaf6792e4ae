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

pool = Family pool
pool-none = In no family pool.
pool-spendable = All of it can spend
pool-head = Head
pool-gives = { $points } points for the others
pool-joined = Joined { $when }: { $reason }
pool-left = Left { $when }: { $reason }
pool-left-membership_ended = the membership ended
pool-left-pool_ended = the pool ended
pool-left-erased = the data were erased
pool-open = Open a pool
pool-open-why = This membership is its head. Whoever of a pool exchanges points or pays with them spends their own first, then the others’. The pool ends when the head leaves.
pool-name = Name of the pool
pool-join = Add a member
pool-who-joins = Who joins
pool-leave = Leave the pool
pool-leave-why = { $who } leaves with their own points.
pool-leave-head = { $who } is the head: the pool ends, and everybody keeps their own points.
pool-reason = Why, or how they agreed (no personal data)
pool-head-agreed = The head has agreed
pool-member-agreed = Whoever joins has agreed

member-holder = Holder
name-holder = Name the holder
holder-new = New holder
holder-card = The card shown
hand-over = Hand over to somebody else
hand-over-why = The membership goes over with its number, points, value and tier. Both show the documents that are on record; PINs of its cards are forgotten, and the new holder sets new ones.
holder-from = Document of the holder
holder-to = Document of the new holder

member-merges = Merged memberships
member-others = The customer’s other memberships in this program: { $number }
member-merge = Merge into this one
member-merge-why = The other one’s points, debts, value, passes, vouchers and exchanges all go along, the better tier holds, and its cards are no longer used.
member-merge-which = Which one is merged
member-merged-from = A membership that went in
member-merged-into = The membership it went in
member-moved = { $what } went over.
member-moved-debts = Owed: { $what }.
member-merge-undo = Take the merge back
member-merge-undo-why = All that went over goes back. What was used of it since keeps the merge from being taken back.
member-merge-undone = Taken back { $when }
