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
stock-takes = Stock-takes
stock-takes-why = Signed originals are counted one by one; at the end the differences stay for ever.
stock-takes-nothing = No stock has been taken yet
stock-begin = Begin a stock-take
stock-begin-why = What is kept at this moment should be there; what is lent doesn’t count.
stock-all-stores = All stores
stock-all-custodians = All custodians
stock-going-on = Going on
stock-closed = Closed
stock-counted = { $found } of { $expected } found
stock-differences = { $count ->
    [one] One difference
   *[other] { $count } differences
  }
stock-begun = Begun { $when } by { $who }.
stock-ended = Closed { $when } by { $who }.
stock-scan = Scan or type a number, Enter ticks it
stock-tick = Tick
stock-queue = { $count } numbers are waiting
stock-items = Numbers
stock-kept-by = kept by { $who }
stock-noted = { $when }, { $who }
stock-close = Close the stock-take
stock-close-open = { $count ->
    [one] One hasn’t been ticked and will be marked as missing, unless it was lent or handed over meanwhile.
   *[other] { $count } haven’t been ticked and will be marked as missing, unless they were lent or handed over meanwhile.
  }
stock-close-why = Nothing of it can be changed after that.
stock-count-expected = Expected
stock-count-found = Found
stock-count-open = Open
stock-count-missing = Missing
stock-count-unexpected = Not expected
stock-count-lent_found = Lent by the books
stock-count-unknown = No such number
stock-count-moved = Moved meanwhile
stock-part-open = Open
stock-part-differences = Differences
stock-part-found = Found
stock-part-moved = Moved meanwhile
stock-none-open = All have been ticked
stock-none-differences = Nothing differs
stock-none-found = None has been ticked yet
stock-none-moved = None
outcome-found = Found
outcome-missing = Missing
outcome-unexpected = Not expected here
outcome-lent_found = Lent by the books, yet here
outcome-unknown = No such number
outcome-moved = Lent or handed over meanwhile
tick-found = is here
tick-missing = is missing
tick-unexpected = isn’t expected: somebody else or another store keeps it
tick-lent_found = is lent by the books and yet here: note its return
tick-unknown = there is no such number: look again
tick-moved = was lent or handed over meanwhile
tick-double = was ticked before
tick-loan = { $who } has it, due back { $day }
