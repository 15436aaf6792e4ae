//! Stories over HTTP, one file per subject. A story that shows a row of the domain's rules, or one of the pains of
//! existing systems, carries it in its name.

mod access;
mod accounting;
mod admission;
mod assessments;
mod audit;
mod backup;
mod calendar;
mod cards;
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
mod lapse;
mod ledger;
mod limits;
mod login;
mod lunar;
mod merges;
mod message_crash;
mod message_troubles;
mod messages;
mod model;
mod operation;
mod outage;
mod permits;
mod phones;
mod planted;
mod posting;
mod privacy;
mod problems;
mod races;
mod record_types;
mod records;
mod replay;
mod reporting;
mod resources;
mod retention;
mod returns;
mod rewards;
mod sales_files;
mod satisfaction;
mod scope;
mod spending;
mod standing;
mod storage;
mod tasks;
mod terms;
mod tiers;
mod timeline;
mod unjudged;
mod validity;
mod warnings;
mod webhook_troubles;
mod webhooks;
mod world;

use libtest_mimic::Trial;

const SUBJECTS: &[fn() -> Vec<Trial>] = &[
    access::tests,
    accounting::tests,
    admission::tests,
    assessments::tests,
    audit::tests,
    backup::tests,
    calendar::tests,
    cards::tests,
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
    journal::tests,
    lapse::tests,
    ledger::tests,
    limits::tests,
    login::tests,
    lunar::tests,
    merges::tests,
    model::tests,
    operation::tests,
    outage::tests,
    permits::tests,
    phones::tests,
    planted::tests,
    posting::tests,
    privacy::tests,
    problems::tests,
    races::tests,
    record_types::tests,
    records::tests,
    replay::tests,
    reporting::tests,
    retention::tests,
    returns::tests,
    resources::tests,
    rewards::tests,
    sales_files::tests,
    satisfaction::tests,
    scope::tests,
    spending::tests,
    standing::tests,
    storage::tests,
    tasks::tests,
    tiers::tests,
    timeline::tests,
    unjudged::tests,
    validity::tests,
    warnings::tests,
    webhook_troubles::tests,
    webhooks::tests,
];

pub fn tests() -> Vec<Trial> {
    SUBJECTS.iter().flat_map(|subject| subject()).collect()
}
