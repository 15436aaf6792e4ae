### Texts that all pages share

language = Language
pages = Pages
page-till = Till
page-hq = Head office
log-in = Log in
log-out = Log out
working = One moment…
retry = Try again
abandon = Give up
close = Close
save = Save
edit = Edit
add = Add
remove = Remove
copy = Copy
clear = Clear
key = Key
yes = Yes
no = No
find = Find
more = Show more
name = Name
name-zh = Name in Chinese
name-en = Name in English
code = Code
date = Date
store = Store
reason = Reason
nobody = Nobody
not-given = not given
points = { $points } points

unreadable-number = "{ $text }" is no number; correct it.
unreadable-digits = "{ $text }" has too many decimals: { $digits ->
    [0] whole numbers only
    [one] one at most
   *[other] { $digits } at most
  }.
unreadable-size = "{ $text }" is out of range.
unreadable-over = { $text } more than is to be paid.
unreadable-short = { $text } short.
unreadable-zero = It can't be zero or empty.

role-hq_admin = HQ admin
role-store_manager = store manager
role-supervisor = supervisor
role-cashier = cashier
role-consultant = consultant
role-clerk = clerk
role-finance = finance
role-auditor = auditor
role-api_client = API client
role-vendor = plugin vendor

## Log-in

login-title = Log in to work
demo-title = Demo: choose a role, then press Enter
demo-filling = The demo is being filled
demo-filling-of = Being filled: { $done } of { $of } purchases and other events
demo-member = A member to look for: { $name } · { $phone } · { $card }
login-motto = Cards, points, rewards, returns: and a reason for every point.
login-chain = Chain code
login-user = User
login-password = Password
session-ended = Please log in again
session-ended-why = Your session has ended. Enter your password to go on; nothing you typed is lost.
new-password-title = Set a new password
new-password-why = You logged in with a one-time password. Please choose your own first.
new-password = New password (10 characters or more)
new-password-repeat = Once more
new-password-differs = The two entries differ
new-password-save = Save and go on

date-year = year
date-month = month
date-day = day
date-hour = hour
date-minute = minute
tier-bars = What keeps and reaches a tier
tier-keeps = { $tier } is kept by all of
tier-keeps-any = { $tier } is kept by one of
tier-manual = Set by { $staff } on { $date }; the figures give { $own }.
tier-reaches = { $tier } is reached by all of
tier-reaches-any = { $tier } is reached by one of
tier-reason-correction = Correction
tier-reason-key_account = Key account
tier-reason-promotion = Promotion
tier-reason-service_recovery = Service recovery
tier-reason-status_match = Status match
tier-then = Then { $tier }, if nothing is added.
tier-until = { $tier } lasts through { $date }.
tier-window = { $since } to { $until }
