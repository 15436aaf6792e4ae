### Money that is paid in advance

prepaid = Stored value and passes
prepaid-top-ups = Top-ups
prepaid-no-top-ups = Nothing was paid in.
prepaid-granted = + { $amount } bonus
prepaid-left = left { $principal } + { $bonus } bonus
prepaid-refunded = { $amount } paid back: { $reason }
prepaid-passes = Passes
prepaid-no-passes = No passes.
prepaid-record = Record as { $format }
pass-of = { $left } of { $all } sessions left
pass-until = until { $day }
pass-without-end = without end
refund-reason-within_7_days = within 7 days
refund-reason-merchant = the shop doesn’t keep to it
refund-reason-agreed = agreed
refund-reason-consumer = the holder gives it up

prepaid-report = Prepaid report
prepaid-report-why = What is held of customers’ money at a quarter’s end, and what is to be deposited of it.
prepaid-quarter = Quarter
prepaid-class = Registered as
prepaid-class-scale = Large issuer
prepaid-class-group = Group issuer
prepaid-class-brand = Brand issuer
prepaid-deposit = To be deposited: { $share } % of the principal, { $amount }
prepaid-store = Store
prepaid-total = All stores
prepaid-figure-principal = Principal at the end
prepaid-figure-bonus = Bonus at the end
prepaid-figure-received = Paid in
prepaid-figure-granted = Bonus given
prepaid-figure-used = Principal used
prepaid-figure-bonus_used = Bonus used
prepaid-figure-refunded = Paid back
