//! Weighted scorecards (D-ARC-7): marks add up to a share in parts per million, which gives a grade, a credit limit and
//! terms of payment. What people believe and how their families are isn't asked.

use crate::error::Text;
use crate::fields::is_name;
use crate::money::{LIMIT, Minor, ONE, Ppm};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// Marks go from 0 to this.
pub const FULL: u8 = 100;

/// Something that is judged with a mark.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Criterion {
    /// Lower-case letters, digits and `_`.
    #[schema(example = "reputation")]
    pub code: String,
    pub label: Text,
    /// Its part of the whole, in parts per million.
    #[schema(value_type = i64, minimum = 1, maximum = 1_000_000, example = 150_000)]
    pub weight_ppm: Ppm,
}

/// A grade and what follows from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Grade {
    #[schema(min_length = 1, max_length = 10, example = "A")]
    pub name: String,
    /// From this share of full marks on.
    #[schema(value_type = i64, minimum = 0, maximum = 1_000_000, example = 850_000)]
    pub from_ppm: Ppm,
    /// In minor units.
    #[schema(value_type = i64, minimum = 0)]
    pub credit_limit: Minor,
    /// Days to pay in; 0: at once.
    #[schema(maximum = 365, example = 60)]
    pub terms_days: u16,
}

/// A scorecard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Scorecard {
    /// 1–30; their weights add up to a million.
    #[schema(min_items = 1, max_items = 30)]
    pub criteria: Vec<Criterion>,
    /// 1–10, the best one first, the last one from 0 on.
    #[schema(min_items = 1, max_items = 10)]
    pub grades: Vec<Grade>,
}

/// The one that a chain has before it declares its own: enthusiasm, five capabilities, reputation, standing.
impl Default for Scorecard {
    fn default() -> Self {
        let criterion = |code: &str, zh: &str, en: &str, weight_ppm| Criterion {
            code: code.into(),
            label: Text::new(zh, en),
            weight_ppm,
        };
        let grade = |name: &str, from_ppm, credit_limit, terms_days| Grade {
            name: name.into(),
            from_ppm,
            credit_limit,
            terms_days,
        };
        Self {
            criteria: vec![
                criterion("enthusiasm", "合作热情", "Enthusiasm", 150_000),
                criterion("sales_methods", "能力：销售方法", "Capability: sales methods", 120_000),
                criterion("distribution", "能力：分销网络", "Capability: distribution", 120_000),
                criterion("funds", "能力：资金", "Capability: funds", 150_000),
                criterion("brands", "能力：经营品牌", "Capability: brands", 80_000),
                criterion(
                    "logistics",
                    "能力：仓储、运输与人员",
                    "Capability: storage, transport, staff",
                    80_000,
                ),
                criterion("reputation", "信誉", "Reputation", 180_000),
                criterion("standing", "社会地位", "Standing", 120_000),
            ],
            grades: vec![
                grade("A", 850_000, 500_000_00, 60),
                grade("B", 700_000, 200_000_00, 30),
                grade("C", 550_000, 50_000_00, 15),
                grade("D", 0, 0, 0),
            ],
        }
    }
}

/// What is asked nowhere, in criteria as little as on cards: words of it, in small letters.
const NEVER: [&str; 14] = [
    "信仰", "宗教", "信教", "健康", "疾病", "病史", "belief", "faith", "religio", "church", "health", "illness",
    "disease", "medical",
];

/// A mark with the criterion as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Scored {
    pub code: String,
    pub label: Text,
    #[schema(value_type = i64)]
    pub weight_ppm: Ppm,
    #[schema(maximum = 100)]
    pub mark: u8,
}

/// What an assessment comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub scored: Vec<Scored>,
    /// Of full marks.
    pub score_ppm: Ppm,
    pub grade: Grade,
}

/// What is wrong with a scorecard, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CardFault {
    /// A field is out of its range or there twice.
    Field(String),
    /// The weights add up to this.
    Weights(Ppm),
    /// Grades don't fall, or the last one isn't from 0 on.
    Grades,
    /// It asks for belief or health.
    Never(String),
}

fn said(text: &Text) -> bool {
    let texts = [&text.zh, &text.en];
    texts
        .iter()
        .all(|text| (1..=100).contains(&text.trim().chars().count()))
}

impl Scorecard {
    /// # Errors
    /// What is wrong first.
    pub fn check(&self) -> Result<(), CardFault> {
        let at = |what: &str, n: usize| CardFault::Field(format!("{what}/{n}"));
        if !(1..=30).contains(&self.criteria.len()) {
            return Err(CardFault::Field("criteria".into()));
        }
        if !(1..=10).contains(&self.grades.len()) {
            return Err(CardFault::Field("grades".into()));
        }
        let mut seen = BTreeSet::new();
        for (n, one) in self.criteria.iter().enumerate() {
            let all = format!("{} {} {}", one.code, one.label.zh, one.label.en).to_lowercase();
            if NEVER.iter().any(|word| all.contains(word)) {
                return Err(CardFault::Never(format!("criteria/{n}")));
            }
            let fine = is_name(&one.code) && said(&one.label) && (1..=ONE).contains(&one.weight_ppm);
            if !fine || !seen.insert(&one.code) {
                return Err(at("criteria", n));
            }
        }
        let sum: Ppm = self.criteria.iter().map(|one| one.weight_ppm).sum();
        if sum != ONE {
            return Err(CardFault::Weights(sum));
        }
        let mut names = BTreeSet::new();
        for (n, one) in self.grades.iter().enumerate() {
            let fine = (1..=10).contains(&one.name.trim().chars().count())
                && (0..=ONE).contains(&one.from_ppm)
                && (0..=LIMIT).contains(&one.credit_limit)
                && one.terms_days <= 365;
            if !fine || !names.insert(&one.name) {
                return Err(at("grades", n));
            }
        }
        let falling = self.grades.windows(2).all(|two| two[0].from_ppm > two[1].from_ppm);
        let whole = self.grades.last().is_some_and(|last| last.from_ppm == 0);
        if falling && whole {
            Ok(())
        } else {
            Err(CardFault::Grades)
        }
    }

    /// The grade of some marks: one for each criterion.
    ///
    /// # Errors
    /// The criterion that is missing, unknown or not marked 0–100.
    pub fn judge(&self, marks: &BTreeMap<String, u8>) -> Result<Outcome, String> {
        let known = |code: &String| self.criteria.iter().any(|one| one.code == *code);
        if let Some(code) = marks.keys().find(|code| !known(code)) {
            return Err(code.clone());
        }
        let mut scored = Vec::with_capacity(self.criteria.len());
        for one in &self.criteria {
            let mark = marks.get(&one.code).copied().filter(|mark| *mark <= FULL);
            scored.push(Scored {
                code: one.code.clone(),
                label: one.label.clone(),
                weight_ppm: one.weight_ppm,
                mark: mark.ok_or_else(|| one.code.clone())?,
            });
        }
        // At most a million times a hundred; what is less than a millionth falls away, once.
        let sum: i64 = scored.iter().map(|one| one.weight_ppm * i64::from(one.mark)).sum();
        let score_ppm = sum / i64::from(FULL);
        let mut falling = self.grades.iter();
        let grade = falling.find(|grade| score_ppm >= grade.from_ppm).or(self.grades.last());
        Ok(Outcome {
            score_ppm,
            grade: grade.cloned().ok_or_else(String::new)?,
            scored,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(mark: u8) -> BTreeMap<String, u8> {
        let card = Scorecard::default();
        card.criteria.iter().map(|one| (one.code.clone(), mark)).collect()
    }

    #[test]
    fn d_arc_7_the_shipped_card_adds_up_and_asks_for_no_belief_or_health() {
        let card = Scorecard::default();
        assert_eq!(card.check(), Ok(()));
        assert_eq!(
            card.criteria.len(),
            8,
            "enthusiasm, five capabilities, reputation, standing"
        );
        for (code, zh) in [("belief", "信念"), ("family", "家人健康"), ("x", "宗教信仰")] {
            let mut asks = card.clone();
            asks.criteria[0].code = code.into();
            asks.criteria[0].label = Text::new(zh, "x");
            assert_eq!(asks.check(), Err(CardFault::Never("criteria/0".into())), "{code}");
        }
    }

    #[test]
    fn d_arc_7_marks_add_up_by_their_weight_in_integers() {
        let card = Scorecard::default();
        let of = |marks: &BTreeMap<String, u8>| {
            let outcome = card.judge(marks).unwrap();
            (outcome.score_ppm, outcome.grade.name)
        };
        assert_eq!(of(&all(85)), (850_000, "A".into()));
        let mut marks = all(85);
        marks.insert("brands".into(), 84);
        assert_eq!(of(&marks), (849_200, "B".into()), "a mark less, by its weight");
        assert_eq!((of(&all(0)), of(&all(100))), ((0, "D".into()), (1_000_000, "A".into())));
    }

    #[test]
    fn d_arc_7_each_criterion_has_one_mark() {
        let card = Scorecard::default();
        let mut marks = all(50);
        marks.remove("funds");
        assert_eq!(card.judge(&marks), Err("funds".into()));
        marks.insert("funds".into(), 101);
        assert_eq!(card.judge(&marks), Err("funds".into()));
        marks.insert("funds".into(), 100);
        marks.insert("luck".into(), 1);
        assert_eq!(card.judge(&marks), Err("luck".into()));
    }

    #[test]
    fn d_arc_7_weights_and_grades_are_checked() {
        let card = Scorecard::default();
        let mut wrong = card.clone();
        wrong.criteria[0].weight_ppm -= 1;
        assert_eq!(wrong.check(), Err(CardFault::Weights(999_999)));
        let mut wrong = card.clone();
        wrong.grades.swap(0, 1);
        assert_eq!(wrong.check(), Err(CardFault::Grades));
        let mut wrong = card.clone();
        wrong.grades.pop();
        assert_eq!(wrong.check(), Err(CardFault::Grades), "somebody would have none");
        let mut wrong = card;
        wrong.criteria[1].code = "enthusiasm".into();
        assert_eq!(wrong.check(), Err(CardFault::Field("criteria/1".into())));
    }
}
