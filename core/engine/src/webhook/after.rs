//! What follows from how deliveries went: for each, and for the address.

use super::endpoint::EndpointRow;
use super::lane::Became;
use super::row::DeliveryRow;
use crate::error::Result;
use crate::message::jitter;
use crate::resource::VersionedRow;
use crate::store::{Id, Name, Tx};
use cardea_domain::webhook::DeliveryState;
use cardea_domain::{Instant, Text};
use cardea_messages::backoff::{self, Failed, Limits, Next};
use cardea_messages::{Class, Failure};
use serde_json::json;

const DAY_MS: i64 = 24 * 3_600_000;
/// An address that has failed for so long is switched off.
const FAILING_MS: i64 = 5 * DAY_MS;
/// As long as an address may fail, an event is tried.
const LIMITS: Limits = Limits {
    tries: 24,
    age_ms: FAILING_MS,
};

/// Writes down what became of some of an address's, in the order in which they went.
pub(super) fn note(tx: &mut Tx<'_>, endpoint: Id, some: &[(DeliveryRow, Became)]) -> Result<()> {
    let now = tx.business_now();
    for (before, became) in some {
        let row = after(before.clone(), became, now)?;
        row.save_over(tx.conn(), before)?;
    }
    let chain = tx.chain();
    let Some(before) = EndpointRow::find(tx.conn(), chain, endpoint)?.filter(|row| row.active) else {
        return Ok(());
    };
    let mut row = before.clone();
    let mut off = None;
    for (_, became) in some {
        let Became::Tried(outcome) = became else { continue };
        let Err(failure) = outcome else {
            row.failing_since = None;
            continue;
        };
        let since = *row.failing_since.get_or_insert(now.0);
        off = off.or_else(|| reason(failure, now.0 - since));
    }
    if let Some((name, why)) = off {
        row.active = false;
        row.off_at = Some(now.0);
        row.off_why = Some(serde_json::to_string(&why)?);
        tx.audit("webhook_endpoint.switch_off", row.id.0, json!({ "reason": name }));
        tracing::warn!(chain = %chain, endpoint = %row.id.0, reason = name, "a receiver of webhooks was switched off");
    } else if row.failing_since == before.failing_since {
        return Ok(());
    }
    row.version += 1;
    // Whoever changed it meanwhile has begun anew.
    row.save(tx.conn()).map(drop)
}

/// Why an address is switched off that has failed for so long, if it is.
fn reason(failure: &Failure, failing_ms: i64) -> Option<(&'static str, Text)> {
    if failure.disable {
        return Some(("gone", failure.detail.clone()));
    }
    (failing_ms >= FAILING_MS).then(|| {
        let last = &failure.detail;
        let why = Text::new(
            format!("连续 5 天发送失败，已自动停用。最近一次：{}", last.zh),
            format!("Nothing has arrived for five days. The last failure: {}", last.en),
        );
        ("failing", why)
    })
}

/// The row after its turn.
fn after(mut row: DeliveryRow, became: &Became, now: Instant) -> Result<DeliveryRow> {
    row.lease_until = None;
    let failure = match became {
        Became::Untouched => {
            row.tries -= 1;
            row.state = Name(DeliveryState::Queued);
            return Ok(row);
        }
        Became::Tried(Ok(receipt)) => {
            let said = Text::new(receipt.said.clone(), receipt.said.clone());
            row.say(Some(receipt.code), &said)?;
            row.end(DeliveryState::Sent, now);
            return Ok(row);
        }
        Became::Tried(Err(failure)) => failure,
    };
    row.say(failure.code, &failure.detail)?;
    let next = match failure.class {
        Class::Permanent => Next::Dead,
        // The receiver knows what comes twice by its id.
        Class::Unknown | Class::Transient => {
            let failed = Failed {
                failures: u32::try_from(row.tries).unwrap_or(u32::MAX),
                due: row.due_at,
                now: now.0,
                retry_after: failure.retry_after,
            };
            backoff::next(failed, LIMITS, jitter())
        }
    };
    match next {
        Next::At(at) => {
            row.state = Name(DeliveryState::Queued);
            row.next_at = at;
        }
        Next::Dead => row.end(DeliveryState::Dead, now),
    }
    Ok(row)
}
