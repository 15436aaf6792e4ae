//! Rebates from recorded sales (D-CON-5): turnover of a period, its tier, rate, amount. Integers; an amount is rounded
//! once per period, ties away from zero.

use super::amount_faults;
use super::dates::Term;
use crate::calendar::Day;
use crate::error::WrongField;
use crate::money::{Minor, ONE, Ppm, div_half_up, sum};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Most tiers of a rebate.
pub const MOST_TIERS: usize = 20;
/// Most periods of one statement: fifty years of months.
pub const MOST_PERIODS: usize = 600;

named! {
/// What turnover is added up over, by the calendar.
pub enum RebatePeriod {
    Month = "month",
    Quarter = "quarter",
    /// January to June, July to December.
    HalfYear = "half_year",
    Year = "year",
}
}

named! {
/// What a tier's rate applies to.
pub enum Grading {
    /// Each rate to the part of the turnover that lies in its tier.
    Marginal = "marginal",
    /// The rate of the tier that is reached to the whole turnover.
    Whole = "whole",
}
}

/// A rate from a turnover on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RebateTier {
    /// In minor units, of one period.
    #[schema(value_type = i64, minimum = 0, maximum = 9_007_199_254_740_991_i64, example = 100_000_00)]
    pub from: Minor,
    /// In parts per million: 20000 is 2 %.
    #[schema(value_type = i64, minimum = 0, maximum = 1_000_000, example = 20_000)]
    pub rate_ppm: Ppm,
}

/// What was agreed on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RebateTerms {
    pub period: RebatePeriod,
    pub grading: Grading,
    /// From the lowest up; turnover below the first one earns nothing.
    #[schema(min_items = 1, max_items = 20)]
    pub tiers: Vec<RebateTier>,
}

/// A sale as it was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordedSale {
    /// The business day of the sale.
    pub on: Day,
    /// What was paid, in minor units.
    pub amount: Minor,
    /// What of it has been returned since. It leaves the turnover of the sale's own period, whenever it came back, so
    /// that nobody reaches a tier with goods that return in the next period.
    pub returned: Minor,
}

/// What of a period's turnover one rate applies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RatedTurnover {
    /// Where the tier begins, in minor units.
    #[schema(value_type = i64)]
    pub from: Minor,
    /// In minor units.
    #[schema(value_type = i64)]
    pub turnover: Minor,
    #[schema(value_type = i64)]
    pub rate_ppm: Ppm,
}

/// A line of a statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PeriodRebate {
    /// The part of the period within the contract's term.
    pub days: Term,
    /// Sales less returns, in minor units.
    #[schema(value_type = i64)]
    pub turnover: Minor,
    /// What has been returned, in minor units; `turnover` is without it.
    #[schema(value_type = i64)]
    pub returned: Minor,
    /// One line where the whole turnover has one rate, one per tier reached otherwise; none below the first tier.
    pub rated: Vec<RatedTurnover>,
    /// The rebate, in minor units.
    #[schema(value_type = i64)]
    pub amount: Minor,
}

/// The rebates of a term.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RebateStatement {
    pub terms: RebateTerms,
    /// Every period of the term, also those without sales.
    pub periods: Vec<PeriodRebate>,
    /// Sum of the periods' turnover, in minor units.
    #[schema(value_type = i64)]
    pub turnover: Minor,
    /// Sum of the periods' rebates, in minor units.
    #[schema(value_type = i64)]
    pub amount: Minor,
}

/// Why there is no statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RebateError {
    #[error("the term ends before it begins or has more than 600 periods")]
    Term,
    #[error("an amount is beyond ±(2^53 − 1) minor units")]
    TooLarge,
}

impl RebatePeriod {
    fn months(self) -> u32 {
        match self {
            Self::Month => 1,
            Self::Quarter => 3,
            Self::HalfYear => 6,
            Self::Year => 12,
        }
    }

    /// The calendar's period that `day` lies in. None at the end of the year 9999.
    pub fn of(self, day: Day) -> Option<Term> {
        let (year, month, _) = day.ymd();
        let from = Day::from_ymd(year, month - (month - 1) % self.months(), 1)?;
        Some(Term {
            from,
            until: from.day_before_anniversary(self.months())?,
        })
    }

    /// The periods that a term touches, cut to it.
    pub(super) fn within(self, term: Term) -> Result<Vec<Term>, RebateError> {
        if !term.is_sound() {
            return Err(RebateError::Term);
        }
        let (mut found, mut from) = (Vec::new(), term.from);
        while from <= term.until {
            let whole = self.of(from).ok_or(RebateError::Term)?;
            let until = whole.until.min(term.until);
            found.push(Term { from, until });
            from = until.plus_days(1).ok_or(RebateError::Term)?;
            if found.len() > MOST_PERIODS {
                return Err(RebateError::Term);
            }
        }
        Ok(found)
    }
}

impl RebateTerms {
    /// What is wrong; pointers such as `/tiers/2/from`.
    pub fn faults(&self) -> Vec<WrongField> {
        if !(1..=MOST_TIERS).contains(&self.tiers.len()) {
            return vec![WrongField::new(
                "/tiers",
                format!("返利须有 1–{MOST_TIERS} 档"),
                format!("A rebate has 1–{MOST_TIERS} tiers"),
            )];
        }
        let mut wrong = amount_faults(self.tiers.iter().map(|tier| tier.from));
        let odd = (self.tiers.iter().enumerate()).filter(|(_, tier)| !(0..=ONE).contains(&tier.rate_ppm));
        wrong.extend(odd.map(|(n, _)| {
            WrongField::new(
                format!("/{n}/rate_ppm"),
                "返利率须在 0 % 与 100 % 之间",
                "The rate must lie between 0 % and 100 %",
            )
        }));
        for field in &mut wrong {
            field.pointer.insert_str(0, "/tiers");
        }
        wrong
    }

    /// What of `turnover` has which rate.
    fn rated(&self, turnover: Minor) -> Vec<RatedTurnover> {
        let reached: Vec<&RebateTier> = self.tiers.iter().filter(|tier| tier.from <= turnover).collect();
        let part = |tier: &RebateTier, turnover| RatedTurnover {
            from: tier.from,
            turnover,
            rate_ppm: tier.rate_ppm,
        };
        match self.grading {
            Grading::Whole => reached.last().map(|tier| part(tier, turnover)).into_iter().collect(),
            Grading::Marginal => {
                let ends = reached.iter().skip(1).map(|tier| tier.from).chain([turnover]);
                let parts = reached.iter().zip(ends).map(|(tier, end)| part(tier, end - tier.from));
                // A tier that is just reached has nothing in it yet.
                parts.filter(|part| part.turnover > 0).collect()
            }
        }
    }

    fn of_period(&self, days: Term, (sold, returned): (i128, i128), tax: Ppm) -> Result<PeriodRebate, RebateError> {
        let (one, with_tax) = (i128::from(ONE), i128::from(ONE) + i128::from(tax));
        let net = |gross: i128| div_half_up(gross * one, with_tax).ok_or(RebateError::TooLarge);
        let turnover = net(sold - returned)?;
        let rated = if turnover > 0 { self.rated(turnover) } else { Vec::new() };
        let exact = rated
            .iter()
            .map(|part| i128::from(part.turnover) * i128::from(part.rate_ppm));
        Ok(PeriodRebate {
            days,
            turnover,
            returned: net(returned)?,
            amount: div_half_up(exact.sum(), one).ok_or(RebateError::TooLarge)?,
            rated,
        })
    }

    /// The statement of a term: sales outside it don't count, and a period that the term cuts counts with what lies in
    /// the term, against the same tiers.
    ///
    /// # Errors
    /// [`RebateError`] for a term that can't be, and for amounts beyond the limit.
    pub fn statement(&self, term: Term, sales: &[RecordedSale]) -> Result<RebateStatement, RebateError> {
        self.statement_net(term, sales, 0)
    }

    /// The same of sales whose amounts include tax at a rate that doesn't count.
    ///
    /// # Errors
    /// As [`Self::statement`].
    pub fn statement_net(&self, term: Term, sales: &[RecordedSale], tax: Ppm) -> Result<RebateStatement, RebateError> {
        let periods = self.period.within(term)?;
        let mut by_period: BTreeMap<Day, (i128, i128)> = BTreeMap::new();
        for sale in sales.iter().filter(|sale| term.contains(sale.on)) {
            let at = periods.partition_point(|period| period.until < sale.on);
            let (sold, returned) = by_period.entry(periods[at].from).or_default();
            *sold += i128::from(sale.amount);
            *returned += i128::from(sale.returned);
        }
        let periods = periods
            .into_iter()
            .map(|days| {
                let sums = by_period.get(&days.from).copied().unwrap_or_default();
                self.of_period(days, sums, tax)
            })
            .collect::<Result<Vec<_>, _>>()?;
        Ok(RebateStatement {
            terms: self.clone(),
            turnover: sum(periods.iter().map(|period| period.turnover)).ok_or(RebateError::TooLarge)?,
            amount: sum(periods.iter().map(|period| period.amount)).ok_or(RebateError::TooLarge)?,
            periods,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::LIMIT;
    use proptest::prelude::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn term(from: &str, until: &str) -> Term {
        Term {
            from: day(from),
            until: day(until),
        }
    }

    /// 2 % from 10 000, 3 % from 50 000, 5 % from 100 000.
    fn terms(period: RebatePeriod, grading: Grading) -> RebateTerms {
        let tier = |from, rate_ppm| RebateTier { from, rate_ppm };
        RebateTerms {
            period,
            grading,
            tiers: vec![
                tier(10_000_00, 20_000),
                tier(50_000_00, 30_000),
                tier(100_000_00, 50_000),
            ],
        }
    }

    fn sale(on: &str, amount: Minor, returned: Minor) -> RecordedSale {
        RecordedSale {
            on: day(on),
            amount,
            returned,
        }
    }

    fn amount_of(grading: Grading, turnover: Minor) -> Minor {
        let sales = [sale("2026-05-05", turnover, 0)];
        let statement = terms(RebatePeriod::Year, grading).statement(term("2026-01-01", "2026-12-31"), &sales);
        statement.unwrap().amount
    }

    #[test]
    fn d_con_5_rates_apply_to_the_whole_or_to_each_part() {
        for (turnover, whole, marginal) in [
            (0, 0, 0),
            (9_999_99, 0, 0),
            (10_000_00, 200_00, 0),
            (49_999_99, 1_000_00, 800_00),
            (50_000_00, 1_500_00, 800_00),
            (50_000_01, 1_500_00, 800_00),
            (100_000_00, 5_000_00, 2_300_00),
            (150_000_00, 7_500_00, 4_800_00),
            // 2 % of 10 000.25 is 200.005, half a cent up
            (10_000_25, 200_01, 1),
            (10_000_24, 200_00, 0),
        ] {
            assert_eq!(amount_of(Grading::Whole, turnover), whole, "whole {turnover}");
            assert_eq!(amount_of(Grading::Marginal, turnover), marginal, "marginal {turnover}");
        }
    }

    #[test]
    fn d_con_5_a_statement_lists_periods_turnover_tiers_and_amounts() {
        let sales = [
            sale("2026-03-31", 60_000_00, 0),
            sale("2026-04-01", 40_000_00, 15_000_00),
            sale("2026-06-30", 30_000_00, 0),
            // Outside the term.
            sale("2026-02-14", 500_000_00, 0),
            sale("2026-11-16", 500_000_00, 0),
        ];
        let agreed = terms(RebatePeriod::Quarter, Grading::Marginal);
        let statement = agreed.statement(term("2026-02-15", "2026-11-15"), &sales).unwrap();
        let listed: Vec<_> = statement
            .periods
            .iter()
            .map(|p| {
                (
                    p.days.from.to_string(),
                    p.days.until.to_string(),
                    p.turnover,
                    p.returned,
                    p.amount,
                )
            })
            .collect();
        assert_eq!(
            listed,
            [
                ("2026-02-15".into(), "2026-03-31".into(), 60_000_00, 0, 1_100_00),
                ("2026-04-01".into(), "2026-06-30".into(), 55_000_00, 15_000_00, 950_00),
                ("2026-07-01".into(), "2026-09-30".into(), 0, 0, 0),
                ("2026-10-01".into(), "2026-11-15".into(), 0, 0, 0),
            ]
        );
        let part = |from, turnover, rate_ppm| RatedTurnover {
            from,
            turnover,
            rate_ppm,
        };
        assert_eq!(
            statement.periods[0].rated,
            [part(10_000_00, 40_000_00, 20_000), part(50_000_00, 10_000_00, 30_000)]
        );
        assert!(statement.periods[2].rated.is_empty());
        assert_eq!((statement.turnover, statement.amount), (115_000_00, 2_050_00));
        let whole = terms(RebatePeriod::Quarter, Grading::Whole);
        let whole = whole.statement(term("2026-02-15", "2026-11-15"), &sales).unwrap();
        assert_eq!(whole.periods[1].rated, [part(50_000_00, 55_000_00, 30_000)]);
    }

    #[test]
    fn d_con_5_goods_that_return_leave_the_period_they_were_sold_in() {
        let agreed = terms(RebatePeriod::Month, Grading::Whole);
        let january = term("2026-01-01", "2026-01-31");
        let of = |returned| {
            agreed
                .statement(january, &[sale("2026-01-31", 10_000_00, returned)])
                .unwrap()
                .amount
        };
        assert_eq!((of(0), of(1), of(10_000_00)), (200_00, 0, 0));
        let beyond = agreed.statement(january, &[sale("2026-01-31", 1_00, 2_00)]).unwrap();
        assert_eq!((beyond.turnover, beyond.amount), (-1_00, 0), "nobody owes a rebate");
    }

    #[test]
    fn d_con_5_periods_are_the_calendars() {
        let of = |period: RebatePeriod, on| {
            let term = period.of(day(on)).unwrap();
            (term.from.to_string(), term.until.to_string())
        };
        for (period, on, from, until) in [
            (RebatePeriod::Month, "2024-02-29", "2024-02-01", "2024-02-29"),
            (RebatePeriod::Quarter, "2026-12-31", "2026-10-01", "2026-12-31"),
            (RebatePeriod::HalfYear, "2026-06-30", "2026-01-01", "2026-06-30"),
            (RebatePeriod::HalfYear, "2026-07-01", "2026-07-01", "2026-12-31"),
            (RebatePeriod::Year, "2026-07-01", "2026-01-01", "2026-12-31"),
        ] {
            assert_eq!(of(period, on), (from.into(), until.into()), "{period} {on}");
        }
        let count = |period, from, until| {
            let statement = terms(period, Grading::Whole).statement(term(from, until), &[]);
            statement.map(|statement| statement.periods.len())
        };
        assert_eq!(count(RebatePeriod::Month, "2026-01-31", "2026-03-01"), Ok(3));
        assert_eq!(count(RebatePeriod::Month, "2026-01-01", "2075-12-31"), Ok(MOST_PERIODS));
        assert_eq!(
            count(RebatePeriod::Month, "2026-01-01", "2076-01-01"),
            Err(RebateError::Term)
        );
        assert_eq!(
            count(RebatePeriod::Year, "2026-01-02", "2026-01-01"),
            Err(RebateError::Term)
        );
    }

    #[test]
    fn d_con_5_terms_are_checked_and_too_large_amounts_refused() {
        let pointers = |terms: &RebateTerms| {
            let faults = terms.faults().into_iter();
            faults.map(|wrong| wrong.pointer).collect::<Vec<_>>()
        };
        let good = terms(RebatePeriod::Year, Grading::Whole);
        assert!(good.faults().is_empty());
        let mut wrong = good.clone();
        wrong.tiers[1].rate_ppm = ONE + 1;
        wrong.tiers[2].from = wrong.tiers[1].from;
        assert_eq!(pointers(&wrong), ["/tiers/2/from", "/tiers/1/rate_ppm"]);
        wrong.tiers.clear();
        assert_eq!(pointers(&wrong), ["/tiers"]);
        let year = term("2026-01-01", "2026-12-31");
        let huge = vec![sale("2026-01-01", LIMIT, 0); 2];
        assert_eq!(good.statement(year, &huge), Err(RebateError::TooLarge));
    }

    proptest! {
        #[test]
        fn d_con_5_more_turnover_earns_no_less_and_parts_add_up(
            sales in proptest::collection::vec((0i32..365, 0i64..200_000_00, 0i64..=100), 0..40), more in 0i64..50_000_00,
        ) {
            let year = term("2026-01-01", "2026-12-31");
            let mut sales: Vec<RecordedSale> = sales
                .into_iter()
                .map(|(on, amount, share)| RecordedSale {
                    on: year.from.plus_days(on).unwrap(), amount, returned: amount * share / 100,
                })
                .collect();
            for (period, grading) in [(RebatePeriod::Month, Grading::Marginal), (RebatePeriod::Quarter, Grading::Whole)] {
                let agreed = terms(period, grading);
                let before = agreed.statement(year, &sales).unwrap();
                let kept: i64 = sales.iter().map(|sale| sale.amount - sale.returned).sum();
                prop_assert_eq!(before.turnover, kept);
                for period in &before.periods {
                    let parts: i64 = period.rated.iter().map(|part| part.turnover).sum();
                    let unrated = if grading == Grading::Marginal { 10_000_00.min(period.turnover) } else { 0 };
                    prop_assert!(period.rated.is_empty() || parts + unrated == period.turnover);
                }
                sales.push(RecordedSale { on: year.until, amount: more, returned: 0 });
                prop_assert!(agreed.statement(year, &sales).unwrap().amount >= before.amount);
                sales.pop();
            }
        }
    }
}
