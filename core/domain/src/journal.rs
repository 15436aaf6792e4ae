//! The journal of a customer (D-ARC-4): what an entry is about, and until when it is to be answered.

use crate::Day;

named! {
/// What an entry of a customer's journal is about.
pub enum JournalCategory {
    Accounts = "accounts",
    Samples = "samples",
    Invoices = "invoices",
    Returns = "returns",
    MarketSupport = "market_support",
    Complaint = "complaint",
    Promise = "promise",
    /// 需求和吐槽
    Need = "need",
    Activity = "activity",
    Intelligence = "intelligence",
    ServiceVisit = "service_visit",
    /// A record about the customer, such as its move on a board.
    Record = "record",
}
}

impl JournalCategory {
    /// Days within which it is to be answered; None: it only tells something.
    pub fn deadline(self) -> Option<i32> {
        match self {
            Self::Complaint => Some(3),
            Self::Accounts | Self::Invoices | Self::Returns | Self::Need => Some(7),
            Self::Samples | Self::MarketSupport => Some(14),
            Self::Promise => Some(30),
            Self::Activity | Self::Intelligence | Self::ServiceVisit | Self::Record => None,
        }
    }

    /// The last day for an answer.
    pub fn due(self, day: Day) -> Option<Day> {
        day.plus_days(self.deadline()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d_arc_4_a_deadline_depends_on_the_category() {
        let day: Day = "2026-02-27".parse().unwrap();
        let due = |category: JournalCategory| category.due(day).map(|day| day.to_string());
        assert_eq!(due(JournalCategory::Complaint).as_deref(), Some("2026-03-02"));
        assert_eq!(due(JournalCategory::Promise).as_deref(), Some("2026-03-29"));
        assert_eq!(due(JournalCategory::Intelligence), None);
    }
}
