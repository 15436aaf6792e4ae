use cardea_domain::Code;
use cardea_domain::card::{Block, CardKind, CardOp, CardState};
use cardea_domain::ledger::{CounterAccount, EntryKind};
use cardea_domain::rows::TierChangeKind;
use cardea_domain::sale::{BillKind, Condition, Judgement, TenderKind};
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt::{Debug, Display};
use std::str::FromStr;

fn check<T: Copy + Debug + Display + PartialEq + FromStr + Serialize>(all: &[T]) {
    for value in all {
        let name = value.to_string();
        assert_eq!(
            serde_json::to_string(value).unwrap(),
            format!("{name:?}"),
            "the name on the wire is the one stored"
        );
        assert_eq!(name.parse().ok(), Some(*value));
    }
    assert!("nonsense".parse::<T>().is_err());
}

#[test]
fn names_are_the_same_in_the_database_and_on_the_wire() {
    check(CardKind::ALL);
    check(CardState::ALL);
    check(Block::ALL);
    check(CardOp::ALL);
    check(EntryKind::ALL);
    check(CounterAccount::ALL);
    check(BillKind::ALL);
    check(TenderKind::ALL);
    check(Judgement::ALL);
    check(TierChangeKind::ALL);
}

#[test]
fn codes_are_unique_and_titled() {
    let names: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(names.len(), Code::ALL.len());
    for code in Code::ALL {
        assert_eq!(serde_json::to_string(code).unwrap(), format!("{:?}", code.as_str()));
        let title = code.title();
        assert!(!title.zh.is_empty() && !title.en.is_empty(), "{code:?}");
    }
}

#[test]
fn a_stored_condition_reads_back() {
    for (condition, json) in [
        (Condition::Always, r#"{"holds":"always"}"#),
        (Condition::KeptAtLeast(500), r#"{"holds":"kept_at_least","amount":500}"#),
    ] {
        assert_eq!(serde_json::to_string(&condition).unwrap(), json);
        assert_eq!(serde_json::from_str::<Condition>(json).unwrap(), condition);
    }
}
