//! Asks the plugin whether a customer may hold a card (D-CARD-3).

use super::desk::{Desk, StoreFacts};
use crate::archive::RegisterFacts;
use crate::error::Result;
use crate::plugin::{self, Function, PluginError, RecordedInput, Scope, admission};
use crate::program::Configuration;
use crate::store::Id;
use crate::store::statement::{fetch, statements};
use cardea_domain::error::RuleRefusal;
use cardea_domain::id::*;
use cardea_domain::{Code, Day, Instant, Minor, Refusal, Text};
use diesel::sql_types::{BigInt, Binary, Integer, Nullable};

statements! {
    SelectPurchases -> (Binary, Binary, BigInt, Integer, BigInt, BigInt, Nullable<Binary>) =
        "SELECT id, store_id, occurred_at, business_date, paid, returned_paid, membership_id FROM bills \
         WHERE chain_id = ? AND customer_id = ? AND membership_id IS NULL AND occurred_at >= ? AND occurred_at <= ? \
         AND kind = 'sale'";
    SelectPurchasesOfMember -> (Binary, Binary, BigInt, Integer, BigInt, BigInt, Nullable<Binary>) =
        "SELECT b.id, b.store_id, b.occurred_at, b.business_date, b.paid, b.returned_paid, b.membership_id FROM memberships m \
         JOIN bills b ON b.chain_id = m.chain_id AND b.membership_id = m.id WHERE m.chain_id = ? AND m.customer_id = ? \
         AND b.occurred_at >= ? AND b.occurred_at <= ? AND b.kind = 'sale'";
}

const DAY_MS: i64 = 86_400_000;

/// The plugin's leave to issue.
pub(super) struct Grant {
    pub rule: String,
    pub valid_through: Option<Day>,
    /// The purchase that met the rules and earns with the issue.
    pub qualifying: Option<BillId>,
    pub input: Option<RecordedInput>,
}

/// A purchase as the plugin may count it, returns already deducted.
struct Purchase {
    bill: BillId,
    at: Instant,
    day: Day,
    paid: Minor,
    earned: bool,
}

/// Asks the plugin; a program whose plugin has no say lets everybody in, without an end.
///
/// # Errors
/// `not_eligible` with the plugin's reasons; `plugin_failed`.
pub(super) fn ask(
    desk: &Desk,
    configuration: &Configuration,
    (customer, store): (CustomerId, StoreFacts),
    register: &RegisterFacts,
    now: Instant,
) -> Result<Grant> {
    let plugin = desk.plugin(configuration)?.map_err(|e| failed(desk, &e))?;
    if !plugin.has(Function::AdmissionDecide) {
        return Ok(Grant {
            rule: "core.open".to_owned(),
            valid_through: None,
            qualifying: None,
            input: None,
        });
    }
    let today = store.zone.day_of(now);
    let window = plugin
        .admission_history(&configuration.plugin_config)
        .map_err(|e| failed(desk, &e))?;
    let within = (window.scope == Scope::Store).then_some(store.id);
    let purchases = purchases(
        desk,
        customer,
        within,
        (today.months_earlier(window.months).unwrap_or(today), today),
        now,
    )?;
    let mut request = admission::Request {
        config: configuration.plugin_config.clone(),
        minor_digits: store.minor_units as u8,
        today: today.0,
        filled: register.filled.iter().map(|name| (*name).to_owned()).collect(),
        purchases: purchases
            .iter()
            .map(|p| admission::Purchase {
                day: p.day.0,
                paid: p.paid,
                earned: p.earned,
            })
            .collect(),
    };
    let decision = plugin.admission_decide(&request).map_err(|e| failed(desk, &e))?;
    request.config.clear();
    let input = plugin::record(&request)?;
    match decision {
        admission::Decision::Granted(grant) => {
            let qualifying = grant.qualifying.and_then(|index| purchases.get(index as usize));
            Ok(Grant {
                rule: grant.rule,
                valid_through: grant.valid_through.map(Day),
                qualifying: qualifying
                    .filter(|purchase| !purchase.earned)
                    .map(|purchase| purchase.bill),
                input: Some(input),
            })
        }
        admission::Decision::Refused(reasons) => {
            let reason = |reason: admission::Refusal| RuleRefusal {
                rule: reason.rule,
                explanation: Text::new(reason.explanation.zh, reason.explanation.en),
            };
            Err(not_eligible(reasons.into_iter().map(reason).collect()).into())
        }
    }
}

fn failed(desk: &Desk, error: &PluginError) -> Refusal {
    tracing::warn!(chain = %desk.chain(), %error, "the plugin couldn't decide an admission");
    Refusal::new(
        Code::PluginFailed,
        "会员规则暂时无法判断，不能办卡，请稍后再试",
        "The program's rules can't be judged now, so no card can be issued; try again later",
    )
}

/// `not_eligible` with every reason, in its words and as a sentence.
pub(super) fn not_eligible(reasons: Vec<RuleRefusal>) -> Refusal {
    let join =
        |text: fn(&RuleRefusal) -> &str, between: &str| reasons.iter().map(text).collect::<Vec<_>>().join(between);
    let detail = Text::new(join(|r| &r.explanation.zh, ""), join(|r| &r.explanation.en, " "));
    Refusal::new(Code::NotEligible, detail.zh, detail.en).with(|facts| facts.refusals = reasons)
}

/// The customer's purchases of these days (inclusive), oldest first; what was returned in full is none.
fn purchases(
    desk: &Desk,
    customer: CustomerId,
    within: Option<StoreId>,
    (first, last): (Day, Day),
    now: Instant,
) -> Result<Vec<Purchase>> {
    // Two days wider than the window in any zone; the business date then decides.
    let since = Instant((i64::from(first.0) - 2) * DAY_MS);
    type Row = (Id, Id, i64, i32, i64, i64, Option<Id>);
    let rows = desk.engine.read(desk.chain(), |conn| {
        let mut rows = fetch!(conn, SelectPurchases, [desk.chain(), customer, since, now] => Row)?;
        rows.extend(fetch!(conn, SelectPurchasesOfMember, [desk.chain(), customer, since, now] => Row)?);
        Ok(rows)
    })?;
    let purchase = |(bill, store, at, day, paid, returned, membership): Row| {
        let wanted = within.is_none_or(|within| Id::from(within) == store);
        let (day, paid) = (Day(day), paid - returned);
        (wanted && (first..=last).contains(&day) && paid > 0).then(|| Purchase {
            bill: bill.typed(),
            at: Instant(at),
            day,
            paid,
            earned: membership.is_some(),
        })
    };
    let mut purchases: Vec<Purchase> = rows.into_iter().filter_map(purchase).collect();
    purchases.sort_by_key(|purchase| (purchase.at, purchase.bill));
    Ok(purchases)
}
