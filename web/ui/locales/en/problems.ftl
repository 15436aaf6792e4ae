### When something went wrong: what happened (what), why, and what to do (do).
### The server words what and why of its own refusals; here is only what to do.

problem-network-what = No answer from the server
problem-network-why = The network or the server didn't respond; this may or may not have been booked.
problem-network-do = Choose "Try again": the same operation is sent under the same number and never booked twice.
problem-unexpected-what = The server answered something unknown
problem-unexpected-why = Status { $status }.
problem-unexpected-do = Try again in a moment; if it stays, tell your administrator.

problem-login_failed-do = Check chain code, user and password, capitals included.
problem-login_throttled-do = Wait a few minutes before you log in again.
problem-unauthenticated-do = Please log in again.
problem-token_expired-do = Please log in again.
problem-forbidden-do = Ask a colleague who may do this (supervisor or manager).
problem-not_found-do = Check it and search once more.
problem-membership_exists-do = Find the existing card by name or phone.
problem-membership_closed-do = The membership is closed; a new one can be applied for.
problem-card_blocked-do = You can book for the customer without this card; a lost card is found again or replaced with F6.
problem-card_state-do = Look at the state of the card (F6).
problem-receipt_conflict-do = This receipt number is taken today. Use the next one, or check whether the bill is booked already.
problem-already_returned-do = Lower the quantity: only what hasn't been returned yet can be.
problem-insufficient_points-do = Use fewer points or another way of paying.
problem-reward_unavailable-do = Choose another reward.
problem-out_of_stock-do = Choose another reward, or ask the store for more.
problem-not_eligible-do = Tell the customer what is missing; the card can be issued as soon as it is met.
problem-tenders_mismatch-do = Check the ways of paying and their amounts.
problem-line_discount_mismatch-do = Check discount and amount.
problem-occurred_at_out_of_range-do = Check this computer's clock; ask a manager for older bills.
problem-configuration_invalid-do = Correct the fields marked red and save again.
problem-body_invalid-do = Check what you filled in.
problem-idempotency_key_reused-do = Please do it once more.
problem-version_conflict-do = Somebody has just changed it. Close, open it again, and repeat your change.
problem-busy-do = The server is busy. Choose "Try again": nothing is booked twice.
problem-plugin_failed-do = The rules can't be computed just now. Try again; if it stays, tell head office.
problem-storage_unavailable-do = Choose "Try again": nothing is booked twice. If it stays, tell your administrator.
problem-field_invalid-do = Correct what is marked.
problem-rule_refused-do = Tell the customer what the program's rules say.
problem-already_exists-do = Choose another code, or use the existing one.
problem-password_change_required-do = Log out, log in again and change the password.
problem-internal-do = Choose "Try again": nothing is booked twice. If it stays, tell your administrator.
points-needed = { $needed } points needed, { $available } available

## Configuration form

form-incomplete = Some fields, marked red, are incomplete or wrong.
schema-type = Enter a proper number
schema-required = Something required is missing
schema-minimum = Too small
schema-exclusiveMinimum = Too small
schema-maximum = Too large
schema-exclusiveMaximum = Too large
schema-enum = Choose from the list
schema-const = Choose from the list
schema-minLength = Too short
schema-maxLength = Too long
schema-pattern = Not in the right form
schema-minItems = Too few items
schema-maxItems = Too many items
schema-uniqueItems = Contains the same item twice
