//! What people are told of ahead, by the calendar (D-HQ-3): birthdays, points and memberships that end, papers that are away too long,
//! follow-ups that nobody does. A second run queues nothing; where a chain has no channel, nothing is queued at all.

use super::{Every, Job, Turn, Where};
use crate::Engine;
use crate::actor::{Actor, Role};
use crate::archive::{CustomerRow, birthday_keys};
use crate::each;
use crate::error::Result;
use crate::keys::{ChainKeys, IndexKind};
use crate::message::{RulesDocument, forget_old, has_channel};
use crate::settings;
use crate::store::schema::{customer_indexes, customers, lendings, staff, staff_stores};
use crate::store::statement::{fetch, statements};
use crate::store::{Answer, Conn, Id, Lane, Name, Notice, Receiver, Tx};
use cardea_domain::id::ChainId;
use cardea_domain::lunar::birthdays_in;
use cardea_domain::message::{MessageKind, MessageRules};
use cardea_domain::{Day, Instant, Refusal, Zone};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Integer};
use serde_json::json;
use std::collections::{BTreeMap, HashMap};

pub(super) const JOB: Job = Job {
    name: "messages",
    title: [
        "生日、到期与逾期消息",
        "Messages about birthdays, ends and overdue work",
    ],
    every: Every::Day,
    by: Where::Chain,
    run: |engine, turn| Box::pin(run(engine, turn)),
};

/// Notices of one transaction.
const SOME: usize = 200;

// By the first instant after the last day; the customers of open memberships alone.
statements! {
    SelectPoints -> (Binary, Binary, Binary, BigInt, BigInt) =
        "SELECT m.id, m.program_id, m.customer_id, l.expires_at, CAST(SUM(l.remaining) AS BIGINT) FROM lots l \
         JOIN memberships m ON m.chain_id = l.chain_id AND m.id = l.membership_id \
         WHERE l.chain_id = ? AND NOT l.ended AND l.expires_at IS NOT NULL AND l.expires_at > ? AND l.expires_at <= ? \
         AND l.asset = 'points' AND l.remaining > 0 AND m.open AND m.customer_id IS NOT NULL \
         GROUP BY m.id, m.program_id, m.customer_id, l.expires_at ORDER BY l.expires_at, m.id";
    SelectEnding -> (Binary, Binary, Binary, BigInt) =
        "SELECT id, program_id, customer_id, expires_at FROM memberships \
         WHERE chain_id = ? AND open AND expires_at > ? AND expires_at <= ? AND customer_id IS NOT NULL \
         ORDER BY expires_at, id";
    SelectOverdue -> (Binary, BigInt, Integer) =
        "SELECT c.store_id, COUNT(*), MIN(t.due_on) FROM tasks t \
         JOIN customers c ON c.chain_id = t.chain_id AND c.id = t.customer_id \
         WHERE t.chain_id = ? AND t.state = 'open' AND t.due_on < ? GROUP BY c.store_id";
}

/// Answers how many messages were wanted, those of earlier days among them.
///
/// # Errors
/// The first refusal (`busy`, `storage_unavailable`).
async fn run(engine: &Engine, turn: Turn) -> Result<u64, Refusal> {
    let (chain, keys) = (turn.chain, engine.keys().chain(turn.chain));
    let zone = engine.chain(chain)?.time_zone;
    let mut wanted = engine.read(chain, |conn| {
        if !has_channel(conn, chain)? {
            return Ok(Vec::new());
        }
        let rules = settings::read::<RulesDocument>(conn, chain)?.value.0;
        let mut wanted = birthdays(conn, &keys, chain, turn.day)?;
        wanted.extend(ends(conn, chain, (turn.now, zone), &rules)?);
        wanted.extend(papers(conn, chain, turn.day)?);
        wanted.extend(follow_ups(conn, chain, turn.day)?);
        wanted.retain(|notice| !rules.is_off(notice.kind));
        Ok(wanted)
    })?;
    let count = wanted.len() as u64;
    let system = Actor::system(chain);
    while !wanted.is_empty() {
        let some: Vec<Notice> = wanted.split_off(wanted.len().saturating_sub(SOME));
        let work = move |tx: &mut Tx<'_>| {
            for notice in some.iter().cloned() {
                tx.notify(notice);
            }
            Answer::ok(&0)
        };
        engine
            .transact_in(Lane::Bulk, &system, None, "message.queue", work)
            .await?;
    }
    let now = turn.now;
    let forget = move |tx: &mut Tx<'_>| {
        forget_old(tx.conn(), chain, now)?;
        Answer::ok(&0)
    };
    engine
        .transact_in(Lane::Bulk, &system, None, "message.forget", forget)
        .await?;
    engine.forget_webhooks(chain, now).await?;
    Ok(count)
}

/// Who agreed to be congratulated and keeps the birthday today, by whichever calendar.
fn birthdays(conn: &mut Conn, keys: &ChainKeys, chain: ChainId, today: Day) -> Result<Vec<Notice>> {
    let digests: Vec<Vec<u8>> = birthday_keys(today)
        .iter()
        .map(|key| keys.digest(IndexKind::BirthMd, key).to_vec())
        .collect();
    let same = customers::chain_id
        .eq(customer_indexes::chain_id)
        .and(customers::id.eq(customer_indexes::customer_id));
    let found = customer_indexes::chain_id
        .eq(Id::from(chain))
        .and(customer_indexes::kind.eq(IndexKind::BirthMd.as_str()))
        .and(customer_indexes::digest.eq_any(&digests));
    let rows: Vec<CustomerRow> = each!(conn, c => customer_indexes::table
        .inner_join(customers::table.on(same))
        .select(CustomerRow::as_select())
        .filter(found.and(customers::consent_marketing.eq(true)))
        .order(customers::id)
        .load(c)?);
    let mut wanted = Vec::new();
    for row in rows {
        let contact = row.contact(keys)?;
        let kept = |born| birthdays_in(born, contact.birthday_calendar, today.year()).contains(&today);
        if contact.birthday.is_some_and(kept) {
            wanted.push(Notice {
                kind: MessageKind::Birthday,
                to: Receiver::Customer(row.id.typed()),
                subject: None,
                details: json!({}),
                source_key: Some(format!("birthday/{}/{today}", row.id.0)),
            });
        }
    }
    Ok(wanted)
}

/// Points and memberships whose last day is near.
fn ends(conn: &mut Conn, chain: ChainId, (now, zone): (Instant, Zone), rules: &MessageRules) -> Result<Vec<Notice>> {
    type Lots = (Id, Id, Id, i64, i64);
    type Ending = (Id, Id, Id, i64);
    let last = |ends: i64| zone.day_of(Instant(ends - 1));
    let mut wanted = Vec::new();
    let until = now.plus_days(rules.days_ahead.points.into());
    let mut by_day: BTreeMap<(Id, Day), (Id, Id, i64)> = BTreeMap::new();
    for (membership, program, customer, ends, points) in fetch!(conn, SelectPoints, [chain, now, until] => Lots)? {
        let day = by_day.entry((membership, last(ends))).or_insert((program, customer, 0));
        day.2 += points;
    }
    for ((membership, day), (program, customer, points)) in by_day {
        let points_text = points.to_string();
        wanted.push(Notice {
            kind: MessageKind::PointsExpiring,
            to: Receiver::Customer(customer.typed()),
            subject: Some(membership.0),
            details: json!({ "program": { "program": program.0 }, "points": points_text, "day": { "day": day.0 } }),
            source_key: Some(format!("points/{}/{day}", membership.0)),
        });
    }
    let until = now.plus_days(rules.days_ahead.cards.into());
    for (membership, program, customer, ends) in fetch!(conn, SelectEnding, [chain, now, until] => Ending)? {
        let day = last(ends);
        wanted.push(Notice {
            kind: MessageKind::CardExpiring,
            to: Receiver::Customer(customer.typed()),
            subject: Some(membership.0),
            details: json!({ "program": { "program": program.0 }, "day": { "day": day.0 } }),
            source_key: Some(format!("card/{}/{day}", membership.0)),
        });
    }
    Ok(wanted)
}

/// Papers that are away too long, told to whoever has them, once a week.
fn papers(conn: &mut Conn, chain: ChainId, today: Day) -> Result<Vec<Notice>> {
    let away = lendings::chain_id
        .eq(Id::from(chain))
        .and(lendings::returned_at.is_null())
        .and(lendings::due_on.lt(today.0));
    let rows: Vec<(Id, Id, String, i32)> = each!(conn, c => lendings::table
        .select((lendings::id, lendings::borrower_id, lendings::number, lendings::due_on))
        .filter(away)
        .order(lendings::id)
        .load(c)?);
    let notice = |(id, borrower, number, due_on): (Id, Id, String, i32)| Notice {
        kind: MessageKind::LoanOverdue,
        to: Receiver::Staff(borrower.typed()),
        subject: Some(id.0),
        details: json!({ "number": number, "day": { "day": due_on } }),
        source_key: Some(format!("loan/{}/{}", id.0, (today.0 - due_on - 1) / 7)),
    };
    Ok(rows.into_iter().map(notice).collect())
}

/// Follow-ups that are overdue, told to the managers of their stores, once a day.
fn follow_ups(conn: &mut Conn, chain: ChainId, today: Day) -> Result<Vec<Notice>> {
    let stores = fetch!(conn, SelectOverdue, [chain, today] => (Id, i64, i32))?;
    if stores.is_empty() {
        return Ok(Vec::new());
    }
    let managers = staff::chain_id
        .eq(Id::from(chain))
        .and(staff::active.eq(true))
        .and(staff::role.eq(Name(Role::StoreManager)));
    let ids: Vec<Id> = each!(conn, c => staff::table.select(staff::id).filter(managers).load(c)?);
    let bound: Vec<(Id, Id)> = each!(conn, c => staff_stores::table
        .select((staff_stores::staff_id, staff_stores::store_id))
        .filter(staff_stores::chain_id.eq(Id::from(chain)).and(staff_stores::staff_id.eq_any(&ids)))
        .load(c)?);
    let mut of: HashMap<Id, Vec<Id>> = HashMap::new();
    for (manager, store) in bound {
        of.entry(manager).or_default().push(store);
    }
    let mut wanted = Vec::new();
    for manager in ids {
        // Bound to no store, they look after all of them.
        let own = of.get(&manager);
        let theirs = stores
            .iter()
            .filter(|(store, ..)| own.is_none_or(|own| own.contains(store)));
        let (count, oldest) = theirs.fold((0, i32::MAX), |(count, oldest), (_, n, due)| {
            (count + n, oldest.min(*due))
        });
        if count > 0 {
            wanted.push(Notice {
                kind: MessageKind::FollowUpOverdue,
                to: Receiver::Staff(manager.typed()),
                subject: None,
                details: json!({ "count": count.to_string(), "oldest": { "day": oldest } }),
                source_key: Some(format!("overdue/{}/{today}", manager.0)),
            });
        }
    }
    Ok(wanted)
}
