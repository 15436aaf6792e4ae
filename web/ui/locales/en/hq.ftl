### Head office: the navigation, programs

nav-skip = To the page
nav-menu = All pages
nav-daily = Daily work
nav-archive = Archive and sales
nav-rules = Cards and rules
nav-team = Team and stores
nav-exchange = Import, duplicates
nav-control = Control and audit

programs = Programs
no-programs = There is no program yet. Create one first.
create-program = New program
create-program-why = A new program starts with the default rules of its industry plugin; change them afterwards.
plugin = Industry plugin
plugin-retail = Retail
version-of = version { $version }
in-force = Version { $version } in force since { $date }
from-the-start = the beginning
tab-rules = Rules
tab-versions = Versions
section-rules = Rules of the industry
section-ladder = Tiers
section-ladder-why = At or above its threshold a tier is reached; its multiplier counts from the next sale on. A tier can ask for several measures in windows of their own instead.
section-points = Points
ladder-months = Rolling months, and how long a tier lasts
ladder-order = The first threshold is 0, each further one is higher than the one before.
threshold = Paid, from ({ $currency })
multiplier = Multiplier
step-add = Add a tier
rounding = Rounding
rounding-floor = Down
rounding-half_up = Half up
rounding-ceil = Up
maturing-days = Days until points mature (0: at once)
return-policy = Returned, but the points are spent
policy-go_negative = Owed, next points fill it
policy-within_balance = Take back what is there
policy-only_maturing = Take back maturing points only
points-pay = Points can pay
tender-field-points = For every … points
tender-field-money = … is paid ({ $currency })
tender-field-step = In steps of (points)
tender-field-max_share_ppm = At most of a bill (%)
effective-from = In force from
effective-now = Empty: at once; in the chain's time zone. Saving makes a new version; the old ones are kept.
effective-later = Comes into force by itself on { $date }; until then the present version counts.
save-version = Save as a new version
saved-version = Saved as version { $version }
version = Version
versions-why = Every save makes a new version and keeps the old ones; each booking remembers the version it was judged by.
created-by = Changed by
system = system
created-at = Saved
in-force-now = in force
planned = planned
version-reuse = Start from this

publish = Publish
publish-title = Before this is published
publish-rule = Rule
publish-before = Now
publish-after = New
publish-nothing = The same as the version in force
publish-now = In force as soon as it is published.
publish-later = In force from { $date }.
publish-effect = It counts from the next booking after that on; what is booked stays, so do cards, and no tier falls by publishing.
condition-add = Add a condition
condition-all = All of them
condition-and = and
condition-any = One of them is enough
condition-join = How they are joined
condition-measure = Measure
condition-or = or
condition-remove = Remove the condition
condition-threshold = At least
condition-window = Window
conditions-use = Use conditions instead
measure-nights = Nights
measure-paid = Paid ({ $currency })
measure-points = Points earned that can be spent
measure-vehicles = Vehicles bought
measure-visits = Purchases
window-calendar_year = Calendar year
window-days = Days
window-months = Months
window-rolling_days = Rolling days
window-rolling_months = Rolling months
window-since_enrolment = Since enrolment
window-told-days = { $days ->
    [one] last day
   *[other] last { $days } days
  }
window-told-months = { $months ->
    [one] last month
   *[other] last { $months } months
  }
