### When something went wrong: what happened (what), why, and what to do (do).
### The server words its own refusals, with what to do; here is only what it can't know.

problem-network-what = No answer from the server
problem-network-why = The network or the server didn't respond.
problem-retry-do = This may or may not have been booked. Choose "Try again": the same operation is sent under the same number and never booked twice. If it stays, tell your administrator.
problem-unexpected-what = The server answered something unknown
problem-unexpected-why = Status { $status }.
problem-unexpected-do = Try again in a moment; if it stays, tell your administrator.

problem-login_failed-do = Mind capitals; for a forgotten password ask your manager or head office.
problem-forbidden-do = Ask a colleague who may do this (supervisor or manager).

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
