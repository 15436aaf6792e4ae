//! Segments (D-CAM-2): a saved choice of customers by what is known of them, in groups of conditions. What can be asked is
//! declared here, so that a page draws itself.

use crate::classes::Dimension;
use crate::error::{Code, Refusal, Text};
use crate::money::LIMIT;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Most groups of a segment, conditions of a group, and values of a condition.
const MOST_GROUPS: usize = 10;
const MOST_CONDITIONS: usize = 20;
const MOST_VALUES: usize = 100;
const MOST_MONTHS: u32 = 120;
/// Oldest age that can be asked for.
const OLDEST: i64 = 130;

named! {
/// How conditions, and groups of them, are joined.
#[derive(Default)]
pub enum Join {
    #[default]
    All = "all",
    Any = "any",
    /// Not one of them.
    None = "none",
}
}

named! {
/// What is asked of a customer.
#[derive(PartialOrd, Ord)]
pub enum SegmentField {
    Store = "store",
    Consultant = "consultant",
    FormOfAddress = "form_of_address",
    /// As `volume-a`.
    Class = "class",
    /// To messages about products and promotions.
    Consent = "consent",
    /// The month in which the birthday is kept this year, by whichever calendar.
    BirthdayMonth = "birthday_month",
    /// The age that is reached this year.
    Age = "age",
    /// Paid in so many months, over all memberships; minor units.
    Paid = "paid",
    /// Purchases in so many months.
    Visits = "visits",
    /// Days since the last purchase.
    LastVisit = "last_visit",
    /// Points of all memberships, matured or not.
    Points = "points",
    /// The tier of an open membership.
    Tier = "tier",
    /// The program of an open membership.
    Program = "program",
    Tag = "tag",
}
}

named! {
/// What kind of value a field has.
pub enum SegmentKind {
    /// One of several.
    Choice = "choice",
    Number = "number",
    /// Minor units.
    Money = "money",
    Days = "days",
}
}

named! {
/// How a field is compared.
pub enum SegmentTest {
    /// One of the values.
    In = "in",
    NotIn = "not_in",
    /// The amount, or more.
    AtLeast = "at_least",
    /// Less than the amount.
    Below = "below",
}
}

/// One question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SegmentCondition {
    pub field: SegmentField,
    pub test: SegmentTest,
    /// Of a choice: ids, or names.
    #[serde(default)]
    pub values: Vec<String>,
    /// Of a number, of money in minor units, or of days.
    pub amount: Option<i64>,
    /// Of `paid` and `visits`: in the last so many months, today included.
    #[schema(minimum = 1, maximum = 120)]
    pub months: Option<u32>,
}

/// Questions that belong together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SegmentGroup {
    pub join: Join,
    pub conditions: Vec<SegmentCondition>,
}

/// Who is meant: groups of questions. Without any, everybody.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SegmentRules {
    pub join: Join,
    pub groups: Vec<SegmentGroup>,
}

impl SegmentField {
    pub fn kind(self) -> SegmentKind {
        match self {
            Self::Store | Self::Consultant | Self::FormOfAddress | Self::Class | Self::Consent => SegmentKind::Choice,
            Self::BirthdayMonth | Self::Tier | Self::Program | Self::Tag => SegmentKind::Choice,
            Self::Age | Self::Visits | Self::Points => SegmentKind::Number,
            Self::Paid => SegmentKind::Money,
            Self::LastVisit => SegmentKind::Days,
        }
    }

    /// How it can be compared.
    pub fn tests(self) -> &'static [SegmentTest] {
        match self.kind() {
            SegmentKind::Choice => &[SegmentTest::In, SegmentTest::NotIn],
            _ => &[SegmentTest::AtLeast, SegmentTest::Below],
        }
    }

    /// Whether it counts over some months.
    pub fn has_months(self) -> bool {
        matches!(self, Self::Paid | Self::Visits)
    }

    pub fn title(self) -> Text {
        let (zh, en) = match self {
            Self::Store => ("所属门店", "Store"),
            Self::Consultant => ("负责顾问", "Consultant"),
            Self::FormOfAddress => ("称呼", "Form of address"),
            Self::Class => ("顾客分类", "Class"),
            Self::Consent => ("同意接收营销消息", "Consent to promotions"),
            Self::BirthdayMonth => ("生日月份", "Month of birthday"),
            Self::Age => ("年龄（今年满）", "Age reached this year"),
            Self::Paid => ("累计实付", "Paid"),
            Self::Visits => ("消费次数", "Purchases"),
            Self::LastVisit => ("距上次消费", "Since the last purchase"),
            Self::Points => ("积分余额", "Points"),
            Self::Tier => ("会员等级", "Tier"),
            Self::Program => ("会员计划", "Program"),
            Self::Tag => ("标签", "Tag"),
        };
        Text::new(zh, en)
    }

    /// The values there are, with their names, where they aren't the chain's own.
    pub fn choices(self) -> Vec<(String, Text)> {
        let named = |pairs: &[(&str, &str, &str)]| -> Vec<(String, Text)> {
            pairs
                .iter()
                .map(|(value, zh, en)| ((*value).to_owned(), Text::new(*zh, *en)))
                .collect()
        };
        match self {
            Self::FormOfAddress => named(&[("mr", "先生", "Mr"), ("ms", "女士", "Ms"), ("none", "未填写", "None")]),
            Self::Consent => named(&[("yes", "同意", "Yes"), ("no", "不同意", "No")]),
            Self::BirthdayMonth => (1..=12)
                .map(|month| {
                    (
                        month.to_string(),
                        Text::new(format!("{month}月"), format!("Month {month}")),
                    )
                })
                .collect(),
            Self::Class => {
                let of = |dimension: &Dimension| {
                    let dimension = dimension.as_str();
                    move |class: &&str| (format!("{dimension}-{class}"), Text::new("", ""))
                };
                Dimension::ALL
                    .iter()
                    .flat_map(|one| one.classes().iter().map(of(one)))
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    /// Whether a choice can be this value.
    fn takes(self, value: &str) -> bool {
        match self {
            Self::Store | Self::Consultant | Self::Program | Self::Tag => value.parse::<Uuid>().is_ok(),
            Self::Tier => (1..=64).contains(&value.len()),
            _ => self.choices().iter().any(|(known, _)| known == value),
        }
    }
}

impl SegmentCondition {
    fn check(&self, at: &str) -> Result<(), Refusal> {
        let wrong =
            |name: &str, zh: &str, en: &str| Err(Refusal::new(Code::FieldInvalid, zh, en).at(format!("{at}/{name}")));
        if !self.field.tests().contains(&self.test) {
            return wrong("test", "这个条件不能这样比较", "This can't be compared in this way");
        }
        if self.field.kind() == SegmentKind::Choice {
            if !(1..=MOST_VALUES).contains(&self.values.len()) {
                return wrong("values", "请选择 1 至 100 个值", "Choose 1 to 100 values");
            }
            if !self.values.iter().all(|value| self.field.takes(value)) {
                return wrong("values", "有无法识别的值", "There is a value that isn't known");
            }
        } else {
            let most = if self.field == SegmentField::Age { OLDEST } else { LIMIT };
            if !self.amount.is_some_and(|amount| (0..=most).contains(&amount)) {
                return wrong("amount", "请填写不小于 0 的数", "Give a number of 0 or more");
            }
        }
        match self.months {
            Some(1..=MOST_MONTHS) if self.field.has_months() => Ok(()),
            None if !self.field.has_months() => Ok(()),
            _ if self.field.has_months() => wrong("months", "请填写 1 至 120 个月", "Give 1 to 120 months"),
            _ => wrong("months", "这个条件与月数无关", "This has nothing to do with months"),
        }
    }
}

impl SegmentRules {
    /// # Errors
    /// `field_invalid` below `/rules`.
    pub fn check(&self) -> Result<(), Refusal> {
        let many = |at: String, zh: &str, en: &str| Err(Refusal::new(Code::FieldInvalid, zh, en).at(at));
        if self.groups.len() > MOST_GROUPS {
            return many("/rules/groups".to_owned(), "最多 10 组条件", "At most 10 groups");
        }
        for (i, group) in self.groups.iter().enumerate() {
            if !(1..=MOST_CONDITIONS).contains(&group.conditions.len()) {
                let at = format!("/rules/groups/{i}/conditions");
                return many(at, "每组 1 至 20 个条件", "1 to 20 conditions in a group");
            }
            for (j, condition) in group.conditions.iter().enumerate() {
                condition.check(&format!("/rules/groups/{i}/conditions/{j}"))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn condition(field: SegmentField, test: SegmentTest, values: &[&str], amount: Option<i64>) -> SegmentCondition {
        SegmentCondition {
            field,
            test,
            values: values.iter().map(|value| (*value).to_owned()).collect(),
            amount,
            months: field.has_months().then_some(6),
        }
    }

    #[test]
    fn every_field_has_a_title_a_kind_and_tests() {
        for field in SegmentField::ALL {
            assert!(!field.title().zh.is_empty() && !field.title().en.is_empty(), "{field}");
            assert_eq!(field.tests().len(), 2, "{field}");
        }
    }

    #[test]
    fn conditions_are_checked_where_they_are_wrong() {
        use SegmentField::*;
        use SegmentTest::*;
        let pointer = |condition: SegmentCondition| {
            let group = SegmentGroup {
                join: Join::All,
                conditions: vec![condition],
            };
            let rules = SegmentRules {
                join: Join::All,
                groups: vec![group],
            };
            rules.check().err().and_then(|refusal| refusal.pointer)
        };
        for right in [
            condition(Paid, AtLeast, &[], Some(100_000)),
            condition(Class, In, &["volume-a", "time-new"], None),
            condition(BirthdayMonth, NotIn, &["5"], None),
            condition(Age, Below, &[], Some(30)),
        ] {
            assert_eq!(pointer(right.clone()), None, "{right:?}");
        }
        let at = |name: &str| Some(format!("/rules/groups/0/conditions/0/{name}"));
        assert_eq!(pointer(condition(Paid, In, &["1"], None)), at("test"));
        assert_eq!(pointer(condition(Class, In, &["volume-z"], None)), at("values"));
        assert_eq!(pointer(condition(Store, In, &[], None)), at("values"));
        assert_eq!(pointer(condition(Age, Below, &[], Some(131))), at("amount"));
        let months = SegmentCondition {
            months: None,
            ..condition(Visits, AtLeast, &[], Some(2))
        };
        assert_eq!(pointer(months), at("months"));
    }
}
