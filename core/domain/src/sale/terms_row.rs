//! A program's terms as they stand in each bill: a list without names, a third of the document's length.

use super::{Expiry, PointsTender, ReturnPolicy, Rounding, Terms};
use serde::{Deserialize, Serialize};

type Tender = (i64, i64, i64, i64, i64);

#[derive(Serialize, Deserialize)]
struct Values(Rounding, u32, ReturnPolicy, Option<Tender>, Option<Expiry>, bool);

impl Terms {
    /// The text of a bill's row.
    pub fn to_row(&self) -> serde_json::Result<String> {
        let Self {
            rounding,
            maturing_days,
            return_policy,
            tender,
            expiry,
            earn_without_card,
            // Of the moment of use alone.
            kinds: _,
            requirements: _,
            // A return works from what was drawn, not from how.
            value: _,
            renewal: _,
        } = *self;
        let tender = tender.as_ref().map(|t| {
            let PointsTender {
                points,
                money,
                step,
                minimum,
                max_share,
            } = *t;
            (points, money, step, minimum, max_share)
        });
        let values = Values(
            rounding,
            maturing_days,
            return_policy,
            tender,
            expiry,
            earn_without_card,
        );
        serde_json::to_string(&values)
    }

    /// # Errors
    /// A text that [`Terms::to_row`] didn't write.
    pub fn from_row(text: &str) -> serde_json::Result<Self> {
        let Values(rounding, maturing_days, return_policy, tender, expiry, earn_without_card) =
            serde_json::from_str(text)?;
        Ok(Self {
            rounding,
            maturing_days,
            return_policy,
            tender: tender.map(|(points, money, step, minimum, max_share)| PointsTender {
                points,
                money,
                step,
                minimum,
                max_share,
            }),
            expiry,
            earn_without_card,
            ..Self::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_read_as_they_were_written() {
        let terms = Terms {
            rounding: Rounding::HalfUp,
            maturing_days: 7,
            return_policy: ReturnPolicy::WithinBalance,
            tender: Some(PointsTender {
                points: 100,
                money: 500,
                step: 50,
                minimum: 1000,
                max_share: 500_000,
            }),
            expiry: Some(Expiry::Rolling {
                months: 12,
                grace_days: 3,
            }),
            earn_without_card: true,
            ..Terms::default()
        };
        for terms in [terms, Terms::default()] {
            let text = terms.to_row().unwrap();
            assert_eq!(Terms::from_row(&text).unwrap(), terms, "{text}");
        }
        Terms::from_row("{}").unwrap_err();
    }
}
