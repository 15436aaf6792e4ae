//! What customers say of a visit or a service (意见表, D-ARC-16): marks on a chain's questions.

use crate::error::Text;
use crate::fields::is_name;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// Marks go from 1, bad, to this, very good.
pub const BEST: u8 = 5;

named! {
/// What the customer was asked about.
pub enum Occasion {
    Visit = "visit",
    Service = "service",
    Purchase = "purchase",
}
}

/// A question that is answered with a mark.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Lower-case letters, digits and `_`; marks are kept under it.
    #[schema(example = "service")]
    pub code: String,
    pub label: Text,
}

/// What a chain asks, and what follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SatisfactionRules {
    /// 1–20, in the order of the form.
    #[schema(min_items = 1, max_items = 20)]
    pub questions: Vec<Question>,
    /// A mark that is this or lower opens a follow-up.
    #[schema(minimum = 1, maximum = 4, example = 2)]
    pub low_mark: u8,
    /// Days until that follow-up is due.
    #[schema(maximum = 30, example = 2)]
    pub follow_up_days: u16,
}

impl Default for SatisfactionRules {
    fn default() -> Self {
        let question = |code: &str, zh: &str, en: &str| Question {
            code: code.into(),
            label: Text::new(zh, en),
        };
        Self {
            questions: vec![
                question("products", "产品", "Products"),
                question("service", "服务态度", "Service"),
                question("skill", "专业水平", "Professional skill"),
                question("environment", "环境", "Surroundings"),
                question("overall", "总体满意度", "Overall"),
            ],
            low_mark: 2,
            follow_up_days: 2,
        }
    }
}

/// A mark with the question as it was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Mark {
    pub code: String,
    pub label: Text,
    #[schema(minimum = 1, maximum = 5)]
    pub mark: u8,
}

/// Why marks aren't accepted, and at which question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkFault {
    /// Nothing was answered.
    None,
    /// The chain asks nothing of the kind.
    Unknown,
    /// Not 1–5.
    Outside,
}

impl SatisfactionRules {
    /// The field that is wrong, as a pointer.
    pub fn fault(&self) -> Option<String> {
        let mut seen = BTreeSet::new();
        let wrong = |question: &Question| {
            let label = [&question.label.zh, &question.label.en];
            let said = label
                .iter()
                .all(|text| (1..=100).contains(&text.trim().chars().count()));
            !is_name(&question.code) || !said
        };
        if !(1..=20).contains(&self.questions.len()) {
            return Some("questions".into());
        }
        for (n, question) in self.questions.iter().enumerate() {
            if wrong(question) || !seen.insert(&question.code) {
                return Some(format!("questions/{n}"));
            }
        }
        let faults = [
            ("low_mark", !(1..BEST).contains(&self.low_mark)),
            ("follow_up_days", self.follow_up_days > 30),
        ];
        faults
            .into_iter()
            .find(|(_, wrong)| *wrong)
            .map(|(name, _)| name.into())
    }

    /// The marks in the order of the form; a question may stay unanswered, all of them not.
    ///
    /// # Errors
    /// The question and what is wrong there.
    pub fn marks(&self, given: &BTreeMap<String, u8>) -> Result<Vec<Mark>, (String, MarkFault)> {
        let known = |code: &String| self.questions.iter().any(|question| question.code == *code);
        if let Some(code) = given.keys().find(|code| !known(code)) {
            return Err((code.clone(), MarkFault::Unknown));
        }
        if let Some((code, _)) = given.iter().find(|(_, mark)| !(1..=BEST).contains(*mark)) {
            return Err((code.clone(), MarkFault::Outside));
        }
        let marks: Vec<Mark> = self
            .questions
            .iter()
            .filter_map(|question| {
                Some(Mark {
                    code: question.code.clone(),
                    label: question.label.clone(),
                    mark: *given.get(&question.code)?,
                })
            })
            .collect();
        if marks.is_empty() {
            return Err((String::new(), MarkFault::None));
        }
        Ok(marks)
    }

    /// Whether a follow-up is needed.
    pub fn is_low(&self, marks: &[Mark]) -> bool {
        marks.iter().any(|mark| mark.mark <= self.low_mark)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(marks: &[(&str, u8)]) -> BTreeMap<String, u8> {
        marks.iter().map(|(code, mark)| ((*code).to_owned(), *mark)).collect()
    }

    #[test]
    fn d_arc_16_marks_are_one_to_five_on_what_is_asked() {
        let rules = SatisfactionRules::default();
        assert_eq!(rules.fault(), None);
        let fault = |marks: &[(&str, u8)]| rules.marks(&given(marks)).unwrap_err().1;
        assert_eq!(fault(&[]), MarkFault::None);
        assert_eq!(fault(&[("belief", 3)]), MarkFault::Unknown);
        assert_eq!(fault(&[("service", 0)]), MarkFault::Outside);
        assert_eq!(fault(&[("service", 6)]), MarkFault::Outside);
        let marks = rules.marks(&given(&[("overall", 5), ("products", 3)])).unwrap();
        assert_eq!(
            marks.iter().map(|mark| mark.mark).collect::<Vec<_>>(),
            [3, 5],
            "as on the form"
        );
    }

    #[test]
    fn d_arc_16_one_low_mark_is_enough() {
        let rules = SatisfactionRules::default();
        let low = |mark| rules.is_low(&rules.marks(&given(&[("overall", 5), ("service", mark)])).unwrap());
        assert_eq!((low(2), low(3)), (true, false));
    }

    #[test]
    fn d_arc_16_questions_are_checked() {
        let mut rules = SatisfactionRules::default();
        rules.questions[1].code = "products".into();
        assert_eq!(rules.fault().as_deref(), Some("questions/1"));
        rules.questions.clear();
        assert_eq!(rules.fault().as_deref(), Some("questions"));
        let rules = SatisfactionRules {
            low_mark: 5,
            ..SatisfactionRules::default()
        };
        assert_eq!(rules.fault().as_deref(), Some("low_mark"));
    }
}
