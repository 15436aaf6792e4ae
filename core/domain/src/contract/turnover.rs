//! What a contract says of rebates, and the sales of its months (D-CON-5).

use super::dates::Term;
use super::rebate::{RebateError, RebatePeriod, RebateStatement, RebateTerms, RecordedSale};
use crate::error::WrongField;
use crate::money::{Minor, ONE, Ppm, div_half_up};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A rebate as it was agreed on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RebateAgreement {
    pub terms: RebateTerms,
    /// Sales count without the tax at this rate, in parts per million, that prices include; absent: as they were paid.
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 1_000_000, example = 130_000)]
    pub tax_ppm: Option<Ppm>,
}

/// Sales of a month, as they were paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MonthSales {
    /// The part of the month within the term.
    pub days: Term,
    /// In minor units.
    #[schema(value_type = i64)]
    pub sales: Minor,
    /// What of them has been returned since, in minor units.
    #[schema(value_type = i64)]
    pub returned: Minor,
}

impl RebateAgreement {
    /// What is wrong; pointers such as `/terms/tiers/2/from`.
    pub fn faults(&self) -> Vec<WrongField> {
        let mut wrong = self.terms.faults();
        for field in &mut wrong {
            field.pointer.insert_str(0, "/terms");
        }
        if self.tax_ppm.is_some_and(|tax| !(0..=ONE).contains(&tax)) {
            wrong.push(WrongField::new(
                "/tax_ppm",
                "税率须在 0 % 与 100 % 之间",
                "The rate of tax must lie between 0 % and 100 %",
            ));
        }
        wrong
    }

    /// The statement of a term. Tax leaves a period's turnover once, and the rebate is rounded once.
    ///
    /// # Errors
    /// As [`RebateTerms::statement`].
    pub fn statement(&self, term: Term, sales: &[RecordedSale]) -> Result<RebateStatement, RebateError> {
        self.terms.statement_net(term, sales, self.tax_ppm.unwrap_or_default())
    }
}

/// Sales by month, also the months without any.
///
/// # Errors
/// [`RebateError`] for a term that can't be, and for amounts beyond the limit.
pub fn months(term: Term, sales: &[RecordedSale]) -> Result<Vec<MonthSales>, RebateError> {
    let months = RebatePeriod::Month.within(term)?;
    let mut sums: Vec<(i128, i128)> = vec![(0, 0); months.len()];
    for sale in sales.iter().filter(|sale| term.contains(sale.on)) {
        let (sold, returned) = &mut sums[months.partition_point(|month| month.until < sale.on)];
        *sold += i128::from(sale.amount);
        *returned += i128::from(sale.returned);
    }
    let told = |(days, (sold, returned)): (Term, (i128, i128))| {
        Ok(MonthSales {
            days,
            sales: div_half_up(sold, 1).ok_or(RebateError::TooLarge)?,
            returned: div_half_up(returned, 1).ok_or(RebateError::TooLarge)?,
        })
    };
    months.into_iter().zip(sums).map(told).collect()
}

#[cfg(test)]
mod tests {
    use super::super::rebate::{Grading, RebateTier};
    use super::*;
    use crate::Day;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn agreed(tax_ppm: Option<Ppm>) -> RebateAgreement {
        RebateAgreement {
            terms: RebateTerms {
                period: RebatePeriod::Quarter,
                grading: Grading::Whole,
                tiers: vec![RebateTier {
                    from: 10_000_00,
                    rate_ppm: 20_000,
                }],
            },
            tax_ppm,
        }
    }

    #[test]
    fn d_con_5_sales_by_month_and_turnover_without_tax() {
        let sale = |on: &str, amount, returned| RecordedSale {
            on: day(on),
            amount,
            returned,
        };
        let term = Term {
            from: day("2026-01-15"),
            until: day("2026-03-31"),
        };
        let sales = [
            sale("2026-01-14", 99_00, 0),
            sale("2026-01-15", 5_000_00, 0),
            sale("2026-01-31", 2_000_00, 500_00),
            sale("2026-03-01", 4_000_01, 0),
        ];
        let found: Vec<(String, Minor, Minor)> = months(term, &sales)
            .unwrap()
            .iter()
            .map(|month| (month.days.from.to_string(), month.sales, month.returned))
            .collect();
        let month = |from: &str, sales, returned| (from.to_owned(), sales, returned);
        assert_eq!(
            found,
            [
                month("2026-01-15", 7_000_00, 500_00),
                month("2026-02-01", 0, 0),
                month("2026-03-01", 4_000_01, 0),
            ]
        );
        let gross = agreed(None).statement(term, &sales).unwrap();
        assert_eq!((gross.turnover, gross.amount), (10_500_01, 210_00));
        // 10500.01 / 1.13 = 9292.044: below the tier.
        let net = agreed(Some(130_000)).statement(term, &sales).unwrap();
        assert_eq!(
            (net.turnover, net.periods[0].returned, net.amount),
            (9_292_04, 442_48, 0)
        );
    }

    #[test]
    fn d_con_5_an_agreement_is_checked() {
        assert_eq!(agreed(Some(0)).faults(), []);
        let mut wrong = agreed(Some(ONE + 1));
        wrong.terms.tiers[0].rate_ppm = -1;
        let pointers: Vec<String> = wrong.faults().into_iter().map(|wrong| wrong.pointer).collect();
        assert_eq!(pointers, ["/terms/tiers/0/rate_ppm", "/tax_ppm"]);
    }
}
