### Webhooks: addresses, deliveries, how a receiver checks the signature

webhooks = Webhooks
webhooks-why = Tells other systems, such as an ERP, a data warehouse or the members' app, what happens here. Each event is signed and arrives at least once; it holds ids and figures only: names, phones and the like are read through the API by the id.
webhooks-refresh = Look again
webhooks-nothing = There is no endpoint yet: nothing is told to anybody.
webhook-new = New endpoint
webhook-edit = Change “{ $name }”
webhook-create = Create, and make a secret
webhook-show = The endpoint
webhook-url = Address
webhook-url-why = An https address on the public internet; the operator has to allow others.
webhook-topics = Events
webhook-all-topics = All events
webhook-all-topics-why = With none ticked it gets everything, also what later versions add.
webhook-all-topics-new = also those that later versions add
webhook-some-topics = { $topics ->
    [one] one kind of event
   *[other] { $topics } kinds of events
  }
webhook-topics-clear = Back to all
webhook-group-sale = Sales and rewards
webhook-group-member = Memberships and cards
webhook-group-customer = Customers
webhook-group-record = Records, journal, warnings
webhook-group-contract = Contracts and approvals
webhook-group-organisation = Stores and staff
webhook-group-system = Imports and plugins
webhook-group-other = Others
webhook-is-on = on
webhook-is-failing = failing
webhook-is-off = off
webhook-is-stopped = switched off by itself
webhook-failing-since = Nothing has arrived since { $at }.
webhook-failing-why = It is tried again by itself; after five days without an arrival the endpoint is switched off.
webhook-stopped-at = Switched off by itself on { $at }.
webhook-queued-n = { $queued } waiting
webhook-dead-n = { $dead } failed
webhook-created = Created
webhook-previous = Secret before this one
webhook-previous-until = signs too until { $at }
webhook-look-again = Show how it is now

webhook-on = Switch on
webhook-off = Switch off
webhook-off-title = Switch “{ $name }” off?
webhook-off-what = Nothing is sent any more. What happens while it is off is never told to it; what waits already is kept and goes when it is on again.
webhook-off-means = What happens while it is off is never told to it; what waits already goes when it is switched on.
webhook-rotate = Rotate secret
webhook-rotate-title = Rotate the secret of “{ $name }”?
webhook-rotate-what = A new secret is made at once and shown once. The old one signs too for 24 hours: give the receiver the new one before that.
webhook-rotate-twice = It was rotated less than 24 hours ago: the secret before that one stops signing at once.
webhook-secret = Signing secret
webhook-secret-once = It is shown only now: copy it and give it to the receiver.
webhook-secret-overlap = The old one signs too for 24 hours, until { $at }: the receiver needs the new one before that.
webhook-secret-copied = Copied
webhook-secret-by-hand = The browser doesn't allow copying. The secret is selected: press Ctrl+C (⌘C on a Mac).
webhook-secret-close = I have it, put it away
webhook-secret-lost = The secret was made, but the answer that told it never came, and it can't be shown again. Rotate it once more.
webhook-test = Send a test event
webhook-test-why = Sends one webhook.test now, also to an endpoint that is off; what waits isn't touched.
webhook-test-delivered = The receiver has taken it.
webhook-test-failed = It didn't arrive.
webhook-said = The receiver: { $words }

webhook-deliveries = Deliveries
webhook-deliveries-why = The newest event first. What fails is tried again by itself for up to five days. What has arrived is kept for 30 days, the rest for 90.
delivery-state-queued = Waiting
delivery-state-sending = Being sent
delivery-state-sent = Delivered
delivery-state-dead = Failed
webhook-happened = happened { $at }
webhook-again = Send again
webhook-dead-again = Send all { $dead } failed ones again
webhook-dead-title = Send { $dead ->
    [one] one failed event
   *[other] { $dead } failed events
  } again?
webhook-dead-what = Each goes under its webhook-id of before, the oldest first. Make sure that the receiver is well again.
webhook-dead-most = { $most } at most go at a time; press once more for the rest.
webhook-dead-off = The endpoint is off: they wait until it is switched on.
webhook-retried = { $retried } are in the queue again.
webhook-retried-more = { $dead } are left that failed.

webhook-help = How a receiver checks the signature
webhook-help-how = Every delivery is a POST with JSON, signed after the specification Standard Webhooks, for which there are libraries in most languages. Without one:
webhook-help-base = Take the headers webhook-id and webhook-timestamp and the body as it came, byte by byte, not parsed and written anew, and join them by dots: webhook-id.webhook-timestamp.body.
webhook-help-hmac = Drop whsec_ from the secret and decode the rest from base64: it is the key of an HMAC-SHA256 over that text. Its base64, with “v1,” before it, is the signature.
webhook-help-compare = The header webhook-signature may hold several, separated by blanks: two, for 24 hours after a rotation. One that is the same is enough; compare in constant time.
webhook-help-time = webhook-timestamp is when this try was sent, in seconds since 1970. Refuse what is more than five minutes off, so that nobody can send it again.
webhook-help-twice = An event may arrive more than once, always under the same webhook-id: answer 2xx to one that you had. Where tries fail, the order may change.
webhook-help-answer = Answer 2xx within 20 seconds: keep it first, work on it later. 410 means that no more is wanted and switches the endpoint off; whatever else is tried again.
webhook-help-sample = Sample
webhook-help-arrived = Headers and body as they arrive
webhook-help-signed = The text that is signed
