//! Everything that a contract says, for its print.

use crate::calendar::Day;
use crate::contract::lines::{SubjectLine, Totals};
use crate::contract::{ContractState, Elements, MilestoneKind, Party, RebateAgreement};
use crate::error::Text;
use crate::money::Minor;
use std::collections::BTreeMap;

/// A contract as it is printed.
#[derive(Clone, PartialEq)]
pub struct PrintedContract {
    /// May be empty.
    pub title: String,
    /// Filing number, from signing on.
    pub number: Option<String>,
    pub state: ContractState,
    pub signed_on: Option<Day>,
    /// Its first day.
    pub starts_on: Option<Day>,
    /// Its last day; absent: until it is terminated.
    pub ends_on: Option<Day>,
    /// Minor units.
    pub amount: Option<Minor>,
    /// By ISO 4217: `CNY`.
    pub currency: String,
    /// In Chinese capitals without the currency, where it has them: 壹仟零伍元整. English is spelt from `amount`.
    pub amount_in_words: Option<String>,
    pub elements: Elements,
    pub lines: Vec<SubjectLine>,
    /// What the lines come to, in their order.
    pub totals: Totals,
    pub milestones: Vec<PrintedMilestone>,
    pub rebate: Option<RebateAgreement>,
    /// 甲方
    pub own_party: Party,
    /// 乙方
    pub other_party: Party,
    /// Fields of its type by name.
    pub values: BTreeMap<String, ValuePrinted>,
    /// How-manieth change of another contract it is.
    pub supplement: Option<i32>,
    /// Filing number of that contract.
    pub main_number: Option<String>,
    /// Names of files that belong to it; may be empty.
    pub annexes: Vec<String>,
}

/// What is to happen by a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrintedMilestone {
    pub kind: MilestoneKind,
    pub due_on: Day,
    /// Minor units.
    pub amount: Option<Minor>,
    pub text: Option<String>,
}

/// A field of the type's own as it is read: a date, an amount and a choice are in words already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValuePrinted {
    pub label: Text,
    pub text: Text,
    /// A flag that says no: clauses that depend on it are left out.
    pub is_false: bool,
}
