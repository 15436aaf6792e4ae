//! The interface: one file per resource, handlers of a few lines. What goes over the wire is declared in the subject's own
//! folder of the engine. Units: money in minor units, points whole, quantities in thousandths, multipliers in parts per
//! million, instants RFC 3339 UTC, dates `2026-11-22`.

mod accounting;
mod approvals;
mod assessments;
mod audit;
mod auth;
mod campaigns;
mod card_counts;
mod card_stock;
mod cards;
mod chain;
mod confidential;
mod contract_prints;
mod contracts;
mod customers;
mod demo;
mod exports;
mod files;
mod find;
mod forms;
mod imports;
mod jobs;
mod journal;
mod lendings;
mod memberships;
mod merges;
mod messages;
mod openings;
mod pools;
mod posting;
mod prepaid;
mod programs;
mod records;
mod redemptions;
mod reporting;
mod resource;
mod rewards;
mod sales;
mod satisfaction;
mod segments;
mod settings;
mod shown;
mod staff;
mod stock_takes;
mod stores;
mod tasks;
mod terms;
mod timeline;
mod vouchers;
mod warnings;
mod webhooks;

use utoipa_actix_web::scope;
use utoipa_actix_web::service_config::ServiceConfig;

/// Every route. What is registered here is in the OpenAPI document.
pub fn routes(config: &mut ServiceConfig) {
    crate::system::routes(config);
    tasks::calendars(config);
    crate::unsubscribe::routes(config);
    let v1 = scope("/api/v1")
        .configure(auth::routes)
        .configure(demo::routes)
        .configure(chain::routes)
        .configure(stores::routes)
        .configure(staff::routes)
        .configure(customers::routes)
        .configure(confidential::routes)
        .configure(find::routes)
        .configure(programs::routes)
        .configure(records::routes)
        .configure(journal::routes)
        .configure(lendings::routes)
        .configure(files::routes)
        .configure(forms::routes)
        .configure(merges::routes)
        .configure(exports::routes)
        .configure(imports::routes)
        .configure(openings::routes)
        .configure(rewards::routes)
        .configure(vouchers::routes)
        .configure(campaigns::routes)
        .configure(segments::routes)
        .configure(memberships::routes)
        .configure(terms::routes)
        .configure(cards::routes)
        .configure(card_stock::routes)
        .configure(card_counts::routes)
        .configure(sales::routes)
        .configure(redemptions::routes)
        .configure(prepaid::routes)
        .configure(jobs::routes)
        .configure(tasks::routes)
        .configure(warnings::routes)
        .configure(satisfaction::routes)
        .configure(assessments::routes)
        .configure(reporting::routes)
        .configure(contracts::routes)
        .configure(contract_prints::routes)
        .configure(stock_takes::routes)
        .configure(accounting::routes)
        .configure(posting::routes)
        .configure(pools::routes)
        .configure(approvals::routes)
        .configure(messages::routes)
        .configure(webhooks::routes)
        .configure(timeline::routes)
        .configure(audit::routes);
    config.service(v1);
}
