### Originals of contracts: custody, loans, stock-takes

original = Signed original
original-custodian = Custodian
original-place = Place
original-place-such = e.g. finance cabinet, shelf 3
original-since = since { $when }
original-nobody = Nobody has been named yet who keeps it.
original-missing-since = Missing since the stock-take of
original-name = Name a custodian
original-hand-over = Hand over or move
original-find = It has been found
original-custody-why = The history names who gave it and who took it.
original-kept = Kept
original-lent = Lent
original-missing = Missing
original-overdue = { $days ->
    [one] One day overdue
   *[other] { $days } days overdue
  }

custody-taken = { $to } keeps it
custody-handed_over = handed over from { $from } to { $to }
custody-moved = moved to “{ $place }”
custody-lent = lent to { $to }
custody-returned = returned by { $from }
custody-missing = not found by the stock-take (custodian: { $from })
custody-found = found again, { $to } keeps it
custody-at = , at “{ $place }”

lend-original = Lend the original
lend-original-of = Original of contract { $number }
lend-slip = Write the number on the slip in its place.

lent-originals = Lent originals
lent-originals-why = Signed originals of contracts that are away, overdue ones first.
lent-other-papers = Other papers
lent-state = State
lent-state-away = Not back
lent-state-overdue = Overdue
lent-state-back = Back
lent-in-time = Away in time
lent-none-overdue = Nothing is overdue
lent-on = lent { $when }
lent-due = due back { $day }
lent-number = access log number { $number }
lent-returned = back { $when }, taken by { $who }

stock-take = Stock-take
