//! Templates of contracts (D-CON-2): clauses in both languages with placeholders.

use crate::error::{Text, WrongField};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Most clauses of a template.
pub const MOST_CLAUSES: usize = 100;
/// Most annexes of a template.
pub const MOST_ANNEXES: usize = 20;
/// Characters of a clause in one language.
pub const MOST_BODY: usize = 20_000;

/// What a contract of a type says in print. `{name}` stands for a value of the contract, `{{` and `}}` for braces; a
/// value that is absent is printed as a line to write on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// One line, 1–100 characters.
    #[schema(example = json!({"zh": "经销合同", "en": "Distribution contract"}))]
    pub title: Text,
    #[schema(min_items = 1, max_items = 100)]
    pub clauses: Vec<Clause>,
    /// Names of what belongs to every contract, 1–200 characters each; the contract's own files follow them.
    #[serde(default)]
    #[schema(max_items = 20, example = json!([{"zh": "价格表", "en": "Price list"}]))]
    pub annexes: Vec<Text>,
}

/// A clause; one whose body comes to nothing is left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Clause {
    /// One line, 1–100 characters; clauses that have one are numbered: 第一条 标的.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = json!({"zh": "质量标准", "en": "Quality"}))]
    pub heading: Option<Text>,
    /// Each line is a paragraph, 1–20 000 characters. A line that is `{parties}`, `{lines}`, `{milestones}` or
    /// `{rebate}` becomes both parties beside each other or a table.
    #[schema(example = json!({"zh": "质量标准：{elements.quality}", "en": "Quality: {elements.quality}"}))]
    pub body: Text,
    /// A placeholder without its braces, or `lines`, `milestones`, `rebate`: the clause is left out where that is
    /// absent, empty or false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100, example = "elements.quality")]
    pub when: Option<String>,
}

impl Template {
    /// What is wrong for a type whose own fields are called `fields`; pointers such as `/clauses/3/body/en`.
    pub fn faults(&self, fields: &[&str]) -> Vec<WrongField> {
        super::faults::of(self, fields)
    }
}
