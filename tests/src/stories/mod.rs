//! Stories over HTTP, one file per subject. A story that shows a row of the domain's rules, or one of the pains of
//! existing systems, carries it in its name.

mod access;
mod accounting;
mod admission;
mod anonymous_value;
mod assessments;
mod audit;
mod backup;
mod calendar;
mod campaigns;
mod card_counts;
mod card_kinds;
mod card_labels;
mod card_life;
mod card_pins;
mod card_stock;
mod card_transfers;
mod cards;
mod cards_from_stock;
mod club;
mod confidential;
mod contention;
mod contract_books;
mod contract_days;
mod contract_files;
mod contract_prints;
mod contract_rebates;
mod contract_watch;
mod contracts;
mod crash;
mod custody;
mod customer_cards;
mod customer_classes;
mod damage;
mod demo;
mod earning;
mod erasure;
mod expiries;
mod exports;
mod files;
mod finding;
mod forms;
mod holds;
mod hostile;
mod identifiers;
mod import;
mod intake;
mod intake_books;
mod interface;
mod jobs;
mod journal;
mod ladders;
mod lapse;
mod ledger;
mod limits;
mod login;
mod lunar;
mod membership_merges;
mod membership_transfers;
mod merges;
mod message_crash;
mod message_troubles;
mod messages;
mod model;
mod model_assets;
mod model_steps;
mod opening_books;
mod openings;
mod operation;
mod outage;
mod passes;
mod permits;
mod phones;
mod planted;
mod pools;
mod posting;
mod prepaid;
mod prepaid_refunds;
mod privacy;
mod problems;
mod races;
mod record_types;
mod records;
mod renewals;
mod replay;
mod reporting;
mod resources;
mod retention;
mod returns;
mod reward_claims;
mod rewards;
mod sales_files;
mod satisfaction;
mod scope;
mod segments;
mod spending;
mod standing;
mod storage;
mod tasks;
mod terms;
mod tiers;
mod timeline;
mod unjudged;
mod validity;
mod vouchers;
mod warnings;
mod webhook_troubles;
mod webhooks;
mod world;

use libtest_mimic::Trial;

const SUBJECTS: &[fn() -> Vec<Trial>] = &[
    access::tests,
    accounting::tests,
    admission::tests,
    anonymous_value::tests,
    assessments::tests,
    audit::tests,
    backup::tests,
    calendar::tests,
    card_counts::tests,
    card_labels::tests,
    card_stock::tests,
    card_transfers::tests,
    campaigns::tests,
    card_kinds::tests,
    card_life::tests,
    card_pins::tests,
    cards::tests,
    cards_from_stock::tests,
    club::tests,
    confidential::tests,
    contention::tests,
    contracts::tests,
    messages::tests,
    message_crash::tests,
    message_troubles::tests,
    crash::tests,
    customer_cards::tests,
    customer_classes::tests,
    damage::tests,
    demo::tests,
    earning::tests,
    erasure::tests,
    expiries::tests,
    exports::tests,
    finding::tests,
    files::tests,
    forms::tests,
    holds::tests,
    hostile::tests,
    identifiers::tests,
    import::tests,
    intake::tests,
    intake_books::tests,
    interface::tests,
    jobs::tests,
    ladders::tests,
    journal::tests,
    lapse::tests,
    ledger::tests,
    limits::tests,
    login::tests,
    lunar::tests,
    membership_merges::tests,
    membership_transfers::tests,
    merges::tests,
    model::tests,
    model_assets::tests,
    opening_books::tests,
    openings::tests,
    operation::tests,
    outage::tests,
    passes::tests,
    permits::tests,
    phones::tests,
    planted::tests,
    pools::tests,
    posting::tests,
    prepaid::tests,
    prepaid_refunds::tests,
    privacy::tests,
    problems::tests,
    races::tests,
    record_types::tests,
    records::tests,
    renewals::tests,
    replay::tests,
    reporting::tests,
    retention::tests,
    returns::tests,
    resources::tests,
    reward_claims::tests,
    rewards::tests,
    sales_files::tests,
    satisfaction::tests,
    scope::tests,
    segments::tests,
    spending::tests,
    standing::tests,
    storage::tests,
    tasks::tests,
    tiers::tests,
    timeline::tests,
    unjudged::tests,
    validity::tests,
    vouchers::tests,
    warnings::tests,
    webhook_troubles::tests,
    webhooks::tests,
];

pub fn tests() -> Vec<Trial> {
    SUBJECTS.iter().flat_map(|subject| subject()).collect()
}
