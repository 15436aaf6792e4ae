//! Contracts for tests: one that says everything, and one that says next to nothing.

use super::{Block, PrintedContract, PrintedMilestone, Sheet, ShippedTemplate, ValuePrinted};
use crate::calendar::Day;
use crate::contract::lines::{SubjectLine, Totals, totals};
use crate::contract::rebate::{Grading, RebatePeriod, RebateTerms, RebateTier};
use crate::contract::{ContractState, Element, Elements, MilestoneKind, Party, PartyField, RebateAgreement, capitals};
use crate::error::Text;
use std::collections::BTreeMap;

pub(super) fn empty() -> PrintedContract {
    PrintedContract {
        title: String::new(),
        number: None,
        state: ContractState::Draft,
        signed_on: None,
        starts_on: None,
        ends_on: None,
        amount: None,
        currency: "CNY".into(),
        amount_in_words: None,
        elements: Elements::new(),
        lines: Vec::new(),
        totals: Totals::default(),
        milestones: Vec::new(),
        rebate: None,
        own_party: Party::default(),
        other_party: Party::default(),
        values: BTreeMap::new(),
        supplement: None,
        main_number: None,
        annexes: Vec::new(),
    }
}

pub(super) fn day(year: i32, month: u32, day: u32) -> Day {
    Day::from_ymd(year, month, day).expect("a day")
}

pub(super) fn value(text: &str) -> ValuePrinted {
    ValuePrinted {
        label: Text::new("标签", "Label"),
        text: Text::new(text, text),
        is_false: false,
    }
}

pub(super) fn lines() -> Vec<SubjectLine> {
    let line = |goods: &str, quantity, unit_price, tax_included| SubjectLine {
        goods: goods.into(),
        brand: Some("清扬".into()),
        specification: None,
        unit: "箱".into(),
        quantity,
        unit_price,
        tax_ppm: 130_000,
        tax_included,
    };
    vec![
        line("洗发水", 12_000, 1_268_00, false),
        line("护发素", 1_500, 113_00, true),
    ]
}

/// With a text for every element, fact of a party and field of the template.
pub(super) fn full(template: ShippedTemplate) -> PrintedContract {
    let party = |who: &str| {
        let mut party = Party::default();
        for field in PartyField::ALL {
            *party.field_mut(*field) = Some(format!("{who} {field}"));
        }
        party
    };
    let totals = totals(&lines()).expect("totals");
    let amount = totals.sum.total;
    PrintedContract {
        title: "年度合同".into(),
        number: Some("JX-2026-001".into()),
        state: ContractState::InForce,
        signed_on: Some(day(2026, 3, 1)),
        starts_on: Some(day(2026, 3, 2)),
        ends_on: Some(day(2027, 3, 1)),
        amount: Some(amount),
        amount_in_words: capitals::capitals(amount, "CNY"),
        elements: Element::ALL
            .iter()
            .map(|element| (*element, format!("@{element}@")))
            .collect(),
        lines: lines(),
        totals,
        milestones: vec![PrintedMilestone {
            kind: MilestoneKind::Payment,
            due_on: day(2026, 4, 30),
            amount: Some(5_000_00),
            text: Some("首付款".into()),
        }],
        rebate: Some(RebateAgreement {
            terms: RebateTerms {
                period: RebatePeriod::Quarter,
                grading: Grading::Marginal,
                tiers: vec![
                    RebateTier {
                        from: 100_000_00,
                        rate_ppm: 20_000,
                    },
                    RebateTier {
                        from: 500_000_00,
                        rate_ppm: 25_000,
                    },
                ],
            },
            tax_ppm: Some(130_000),
        }),
        own_party: party("own"),
        other_party: party("other"),
        values: template
            .fields()
            .into_iter()
            .map(|field| (field.name.clone(), value(&field.name)))
            .collect(),
        supplement: Some(2),
        main_number: Some("JX-2025-009".into()),
        annexes: vec!["营业执照.pdf".into()],
        ..empty()
    }
}

pub(super) fn headings(sheet: &Sheet) -> Vec<&str> {
    let blocks = sheet.blocks.iter();
    blocks
        .filter_map(|block| match block {
            Block::Heading { text } => Some(text.as_str()),
            _ => None,
        })
        .collect()
}
