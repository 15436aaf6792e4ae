//! For how long what is kept has to be kept (D-ARC-19), and from when on it may go.

use crate::calendar::Day;
use crate::id::RecordTypeId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// No chain keeps anything on purpose for longer.
const MOST_YEARS: u32 = 100;

/// For how many years a chain keeps what after it was touched last. What has no figure is kept without end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RetentionRules {
    /// Customers who never bought and aren't members: at least 1.
    #[schema(minimum = 1, maximum = 100)]
    pub prospect_years: Option<u32>,
    /// Numbers of identity documents, after the last purchase: at least 5.
    #[schema(minimum = 5, maximum = 100)]
    pub identity_years: Option<u32>,
    #[serde(default)]
    pub records: Vec<RecordRetention>,
}

/// For how long records of a type are kept after their last change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordRetention {
    #[schema(value_type = Uuid)]
    pub type_id: RecordTypeId,
    /// They are contracts: kept for 10 years at least.
    #[serde(default)]
    pub contract: bool,
    #[schema(minimum = 1, maximum = 100)]
    pub years: u32,
}

impl RecordRetention {
    fn least(&self) -> u32 {
        if self.contract { 10 } else { 1 }
    }
}

impl RetentionRules {
    /// JSON pointer of the first figure that is shorter than the law permits, or longer than anybody means, with the
    /// least that is permitted.
    pub fn fault(&self) -> Option<(String, u32)> {
        let single = [
            ("/prospect_years", self.prospect_years, 1),
            ("/identity_years", self.identity_years, 5),
        ];
        let single = single
            .into_iter()
            .filter_map(|(at, years, least)| Some((at.to_owned(), years?, least)));
        let records = self.records.iter().enumerate();
        let records = records.map(|(i, rule)| (format!("/records/{i}/years"), rule.years, rule.least()));
        let mut all = single.chain(records);
        all.find(|(_, years, least)| !(*least..=MOST_YEARS).contains(years))
            .map(|(at, _, least)| (at, least))
    }
}

/// What was touched last before this day is past its time: a whole number of years, and the day itself still counts.
pub fn kept_since(today: Day, years: u32) -> Option<Day> {
    today.months_earlier(years.checked_mul(12)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn d_arc_19_nothing_is_kept_shorter_than_it_must_be() {
        let record = |contract, years| RecordRetention {
            type_id: RecordTypeId(Uuid::nil()),
            contract,
            years,
        };
        let rules = |prospect_years, identity_years, records| RetentionRules {
            prospect_years,
            identity_years,
            records,
        };
        for (rules, fault) in [
            (rules(None, None, vec![]), None),
            (rules(Some(1), Some(5), vec![record(true, 10), record(false, 1)]), None),
            (rules(Some(0), None, vec![]), Some(("/prospect_years", 1))),
            (rules(Some(1), Some(4), vec![]), Some(("/identity_years", 5))),
            (
                rules(None, None, vec![record(false, 3), record(true, 9)]),
                Some(("/records/1/years", 10)),
            ),
            (rules(Some(101), None, vec![]), Some(("/prospect_years", 1))),
        ] {
            let fault = fault.map(|(at, least)| (at.to_owned(), least));
            assert_eq!(rules.fault(), fault, "{rules:?}");
        }
        let day = |text: &str| text.parse::<Day>().unwrap();
        assert_eq!(kept_since(day("2026-03-01"), 1), Some(day("2025-03-01")));
        assert_eq!(kept_since(day("2024-02-29"), 5), Some(day("2019-02-28")));
    }
}
