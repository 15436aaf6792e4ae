//! When points end: per lot, rolling with the last activity, or on a fixed day of the year (D-LED-7).

use super::{Context, Terms};
use crate::calendar::{Day, Instant};
use crate::error::FieldError;
use crate::ledger::{Asset, Member};
use crate::rows::Rows;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How long points are good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = PointsExpiry)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Expiry {
    /// Each lot through the same day so many months after its bill, or to the end of that month or year.
    PerLot {
        #[schema(minimum = 1, maximum = 120, example = 12)]
        months: u32,
        #[serde(default, skip_serializing_if = "LotEnd::is_same_day")]
        #[schema(required = false)]
        end: LotEnd,
        /// Days after it on which they can still be spent.
        #[serde(default)]
        grace_days: u32,
    },
    /// All of a membership's points through the same day so many months after its last sale or exchange.
    Rolling {
        #[schema(minimum = 1, maximum = 120, example = 12)]
        months: u32,
        #[serde(default)]
        grace_days: u32,
    },
    /// Through this day of the year, so many years after the next one.
    FixedDay {
        #[schema(minimum = 1, maximum = 12, example = 12)]
        month: u32,
        #[schema(minimum = 1, maximum = 31, example = 31)]
        day: u32,
        #[serde(default)]
        #[schema(maximum = 10, example = 1)]
        years: u32,
        #[serde(default)]
        grace_days: u32,
    },
}

named! {
/// With which day a lot's months are over.
#[derive(Default)]
pub enum LotEnd {
    /// The same day of the month, or the last one where it has none.
    #[default]
    SameDay = "same_day",
    MonthEnd = "month_end",
    YearEnd = "year_end",
}
}

impl LotEnd {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    fn is_same_day(&self) -> bool {
        *self == Self::SameDay
    }

    fn of(self, day: Day) -> Option<Day> {
        let (year, month, _) = day.ymd();
        match self {
            Self::SameDay => Some(day),
            Self::MonthEnd => Day::from_ymd(year, month, 1)?.add_months(1)?.plus_days(-1),
            Self::YearEnd => Day::from_ymd(year, 12, 31),
        }
    }
}

impl Expiry {
    /// The last day of points that a bill of `day` brings, grace included.
    pub fn last_day(&self, day: Day) -> Option<Day> {
        let last = match *self {
            Self::PerLot { months, end, .. } => end.of(day.add_months(months)?)?,
            Self::Rolling { months, .. } => day.add_months(months)?,
            Self::FixedDay {
                month,
                day: of_month,
                years,
                ..
            } => {
                let of = |year: i32| {
                    // 29 February is 28 February in common years.
                    Day::from_ymd(year, month, of_month)
                        .or_else(|| Day::from_ymd(year, month, of_month.checked_sub(1)?))
                };
                let next = of(day.year())
                    .filter(|fixed| *fixed >= day)
                    .map_or(day.year() + 1, |_| day.year());
                of(next + i32::try_from(years).ok()?)?
            }
        };
        last.plus_days(i32::try_from(self.grace_days()).ok()?)
    }

    fn grace_days(&self) -> u32 {
        match *self {
            Self::PerLot { grace_days, .. } | Self::Rolling { grace_days, .. } | Self::FixedDay { grace_days, .. } => {
                grace_days
            }
        }
    }

    /// What is wrong with it, with a pointer below it.
    pub(super) fn validate(&self) -> Option<FieldError> {
        let wrong = |pointer: &str, detail: &str| {
            Some(FieldError {
                pointer: pointer.to_owned(),
                detail: detail.to_owned(),
            })
        };
        if self.grace_days() > 366 {
            return wrong("/grace_days", "must be 0 to 366");
        }
        match *self {
            Self::PerLot { months, .. } | Self::Rolling { months, .. } if !(1..=120).contains(&months) => {
                wrong("/months", "must be 1 to 120")
            }
            // A leap year has every day that there is.
            Self::FixedDay { month, day, .. } if Day::from_ymd(2000, month, day).is_none() => {
                wrong("/day", "isn't a day of the year")
            }
            Self::FixedDay { years, .. } if years > 10 => wrong("/years", "must be 0 to 10"),
            _ => None,
        }
    }
}

impl Terms {
    /// First instant at which points of a bill of `day` are no longer good; none: never.
    pub(crate) fn expires_at(&self, day: Day, context: &Context) -> Option<Instant> {
        let last = self.expiry.as_ref()?.last_day(day)?;
        context.zone.first_instant_after(last)
    }
}

/// After a bill of `day`: where points roll, what the membership still has is good as long as what the bill brought. Never
/// shorter, and points without an end keep none.
pub(super) fn roll(member: &mut Member, day: Day, context: &Context, rows: &mut Rows) {
    let rolling = matches!(&context.terms.expiry, Some(Expiry::Rolling { .. }));
    let Some(until) = context.terms.expires_at(day, context).filter(|_| rolling) else {
        return;
    };
    let Some(account) = member.accounts.get_mut(&Asset::points()) else {
        return;
    };
    let live = |end: Instant| end > context.judged_at && end < until;
    for lot in account
        .lots
        .iter_mut()
        .filter(|lot| lot.terms.expires_at.is_some_and(live))
    {
        lot.terms.expires_at = Some(until);
        rows.lot_dates.push((member.id, lot.id, Some(until)));
    }
}
