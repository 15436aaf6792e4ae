//! The journal of a customer (D-ARC-4): what entries are about, and until when they are to be answered.

use crate::Day;
use crate::error::Text;
use crate::fields::is_name;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// Most categories of a chain, the shipped ones among them.
pub const MOST_CATEGORIES: usize = 60;
/// Longest deadline, days.
const LONGEST: u16 = 366;

named! {
/// What every chain's entries may be about.
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
    /// Days within which it is to be answered, where a chain has set nothing else; None: it only tells something.
    fn deadline(self) -> Option<u16> {
        match self {
            Self::Complaint => Some(3),
            Self::Accounts | Self::Invoices | Self::Returns | Self::Need => Some(7),
            Self::Samples | Self::MarketSupport => Some(14),
            Self::Promise => Some(30),
            Self::Activity | Self::Intelligence | Self::ServiceVisit | Self::Record => None,
        }
    }

    fn label(self) -> Text {
        match self {
            Self::Accounts => Text::new("账款往来", "Accounts"),
            Self::Samples => Text::new("样品与物料", "Samples and materials"),
            Self::Invoices => Text::new("发票", "Invoices"),
            Self::Returns => Text::new("退换货", "Returns"),
            Self::MarketSupport => Text::new("市场支持", "Market support"),
            Self::Complaint => Text::new("投诉", "Complaint"),
            Self::Promise => Text::new("承诺", "Promise"),
            Self::Need => Text::new("需求和吐槽", "Needs and grumbles"),
            Self::Activity => Text::new("参加活动", "Activity attended"),
            Self::Intelligence => Text::new("信息反馈", "Intelligence"),
            Self::ServiceVisit => Text::new("服务拜访", "Service visit"),
            Self::Record => Text::new("档案记录", "Record"),
        }
    }

    /// Entries of it are written by other subjects; it can't be archived.
    fn is_needed(self) -> bool {
        matches!(self, Self::ServiceVisit | Self::Record)
    }
}

/// A category as a chain has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CategoryRule {
    /// 1–32 lower-case letters, digits and `_`, a letter first; entries are kept under it for ever.
    #[schema(example = "training")]
    pub code: String,
    /// 1–40 characters in each language; entries that were written before are shown under it too.
    pub name: Text,
    /// Days within which an entry is to be answered, 0–366; null: it only tells something. `record` has none.
    #[schema(maximum = 366, example = 5)]
    pub deadline_days: Option<u16>,
    /// Whether amounts are added up in totals.
    pub amounts: bool,
    /// Whether quantities are.
    pub quantities: bool,
    /// false: archived. What was written stays, nothing new is written; `service_visit` and `record` can't be.
    pub active: bool,
}

/// What a chain's entries may be about: the shipped categories and its own, in the order of its lists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JournalCategories {
    /// The twelve shipped ones among them; at most 60.
    #[schema(min_items = 12, max_items = 60)]
    pub categories: Vec<CategoryRule>,
}

impl Default for JournalCategories {
    fn default() -> Self {
        let rule = |category: &JournalCategory| CategoryRule {
            code: category.as_str().into(),
            name: category.label(),
            deadline_days: category.deadline(),
            amounts: true,
            quantities: true,
            active: true,
        };
        Self {
            categories: JournalCategory::ALL.iter().map(rule).collect(),
        }
    }
}

impl CategoryRule {
    fn is_wrong(&self) -> bool {
        let said = [&self.name.zh, &self.name.en]
            .iter()
            .all(|text| (1..=40).contains(&text.trim().chars().count()));
        let shipped: Option<JournalCategory> = self.code.parse().ok();
        let needed = shipped.is_some_and(JournalCategory::is_needed);
        let noted = shipped == Some(JournalCategory::Record);
        !is_name(&self.code)
            || !said
            || self.deadline_days.is_some_and(|days| days > LONGEST)
            || (needed && !self.active)
            || (noted && self.deadline_days.is_some())
    }
}

impl JournalCategories {
    /// The field that is wrong, as a pointer.
    pub fn fault(&self) -> Option<String> {
        let mut seen = BTreeSet::new();
        for (n, rule) in self.categories.iter().enumerate() {
            if rule.is_wrong() || !seen.insert(rule.code.as_str()) {
                return Some(format!("categories/{n}"));
            }
        }
        let shipped = JournalCategory::ALL
            .iter()
            .all(|category| seen.contains(category.as_str()));
        (!shipped || seen.len() > MOST_CATEGORIES).then(|| "categories".into())
    }

    /// A category of earlier rules that isn't there any more: entries may be kept under it.
    pub fn lost<'a>(&self, earlier: &'a Self) -> Option<&'a str> {
        let mut codes = earlier.categories.iter().map(|rule| rule.code.as_str());
        codes.find(|code| self.find(code).is_none())
    }

    pub fn find(&self, code: &str) -> Option<&CategoryRule> {
        self.categories.iter().find(|rule| rule.code == code)
    }

    /// What it is called.
    pub fn name(&self, code: &str) -> Text {
        self.find(code)
            .map_or_else(|| Text::new(code, code), |rule| rule.name.clone())
    }

    /// The last day for an answer to an entry of that day; None: none is needed.
    pub fn due(&self, code: &str, day: Day) -> Option<Day> {
        day.plus_days(i32::from(self.find(code)?.deadline_days?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d_arc_4_a_deadline_depends_on_the_category() {
        let day: Day = "2026-02-27".parse().unwrap();
        let mut rules = JournalCategories::default();
        let due = |rules: &JournalCategories, code| rules.due(code, day).map(|day| day.to_string());
        assert_eq!(due(&rules, "complaint").as_deref(), Some("2026-03-02"));
        assert_eq!(due(&rules, "promise").as_deref(), Some("2026-03-29"));
        assert_eq!(due(&rules, "intelligence"), None);
        let complaints = |rule: &&mut CategoryRule| rule.code == "complaint";
        rules.categories.iter_mut().find(complaints).unwrap().deadline_days = Some(0);
        assert_eq!(due(&rules, "complaint").as_deref(), Some("2026-02-27"));
    }

    #[test]
    fn d_arc_4_categories_are_added_and_archived_but_never_taken_away() {
        let shipped = JournalCategories::default();
        assert_eq!(shipped.fault(), None);
        let own = |code: &str| CategoryRule {
            code: code.into(),
            name: Text::new("培训", "Training"),
            ..shipped.categories[0].clone()
        };
        let with = |rule: CategoryRule| {
            let mut rules = shipped.clone();
            rules.categories.push(rule);
            rules
        };
        let training = with(own("training"));
        assert_eq!(training.fault(), None);
        assert_eq!(shipped.lost(&training), Some("training"));
        assert_eq!(training.lost(&shipped), None);
        assert_eq!(
            (training.name("training").zh, training.name("gone").en),
            ("培训".into(), "gone".into())
        );
        for wrong in [
            own("Training"),
            own("need"),
            CategoryRule {
                name: Text::new("培训", " "),
                ..own("training")
            },
            CategoryRule {
                deadline_days: Some(367),
                ..own("training")
            },
        ] {
            assert_eq!(with(wrong).fault().as_deref(), Some("categories/12"));
        }
        let mut without = training.clone();
        without.categories.remove(0);
        assert_eq!(without.fault().as_deref(), Some("categories"));
        for needed in [10, 11] {
            let mut archived = shipped.clone();
            archived.categories[needed].active = false;
            assert_eq!(archived.fault(), Some(format!("categories/{needed}")));
        }
    }
}
