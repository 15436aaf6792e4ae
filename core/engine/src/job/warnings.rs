//! Computes warnings (D-ARC-10) once a day, or when somebody asks for it: opens what holds, closes what no longer does.

use super::{Every, Job, Where};
use crate::Engine;
use crate::actor::Actor;
use crate::archive::find_customer;
use crate::error::{Error, Result};
use crate::identity::Action;
use crate::keys::ChainKeys;
use crate::settings;
use crate::store::statement::{fetch, statements};
use crate::store::{Answer, Id, Lane, Name, Tx};
use crate::warning::row::{self, Texts, WarningRow};
use cardea_domain::id::{ChainId, CustomerId, WarningId};
use cardea_domain::warning::{Figures, Purchase, WarningKind, WarningRules, WarningState, measure};
use cardea_domain::{Day, Refusal};
use diesel::sql_types::{BigInt, Binary, Integer};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{BTreeMap, HashMap};
use utoipa::ToSchema;
use uuid::Uuid;

pub(super) const JOB: Job = Job {
    name: "warnings",
    title: ["客户预警", "Warnings about customers"],
    every: Every::Day,
    by: Where::Chain,
    run: |engine, turn| {
        Box::pin(async move { Ok(compute(engine, &Actor::system(turn.chain), turn.day).await?.customers) })
    },
};

/// Changes in one transaction.
const SLICE: usize = 200;

// Bills are read by each customer's index: CROSS JOIN keeps SQLite from reading every bill of the chain.
statements! {
    SelectPeople -> (Binary,) =
        "SELECT id FROM customers WHERE chain_id = ? AND id > ? AND data_key IS NOT NULL ORDER BY id LIMIT 1000";
    SelectDirectly -> (Binary, Integer, BigInt) =
        "SELECT c.id, b.business_date, CAST(SUM(b.paid - b.returned_paid) AS BIGINT) \
         FROM (SELECT chain_id, id FROM customers WHERE chain_id = ? AND id > ? AND data_key IS NOT NULL ORDER BY id LIMIT 1000) c \
         CROSS JOIN bills b WHERE b.chain_id = c.chain_id AND b.customer_id = c.id AND b.membership_id IS NULL \
         AND b.kind = 'sale' AND b.paid > b.returned_paid GROUP BY c.id, b.business_date";
    SelectAsMember -> (Binary, Integer, BigInt) =
        "SELECT c.id, b.business_date, CAST(SUM(b.paid - b.returned_paid) AS BIGINT) \
         FROM (SELECT chain_id, id FROM customers WHERE chain_id = ? AND id > ? AND data_key IS NOT NULL ORDER BY id LIMIT 1000) c \
         CROSS JOIN memberships m CROSS JOIN bills b WHERE m.chain_id = c.chain_id AND m.customer_id = c.id \
         AND b.chain_id = m.chain_id AND b.membership_id = m.id AND b.kind = 'sale' AND b.paid > b.returned_paid \
         GROUP BY c.id, b.business_date";
}

/// Nothing needs to be said of a computation.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ComputeWarnings {}

/// What a computation came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WarningsComputed {
    /// Customers looked at.
    pub customers: u64,
    pub opened: u64,
    /// No longer held.
    pub ceased: u64,
}

impl Engine {
    /// Computes the chain's warnings now.
    ///
    /// # Errors
    /// `forbidden`, `busy`, `storage_unavailable`.
    pub async fn compute_warnings(&self, actor: &Actor) -> Result<WarningsComputed, Refusal> {
        actor.require(Action::JobRun, None)?;
        let (_, today) = self.business_day(actor.chain)?;
        compute(self, actor, today).await
    }
}

/// A warning to open, or with `ends` one to close.
#[derive(Clone)]
struct Change {
    customer: CustomerId,
    kind: WarningKind,
    basis: String,
    ends: bool,
}

async fn compute(engine: &Engine, actor: &Actor, today: Day) -> Result<WarningsComputed, Refusal> {
    let chain = actor.chain;
    let rules = engine
        .read(chain, |conn| settings::read::<WarningRules>(conn, chain))?
        .value;
    let (mut after, mut tally) = (Id(Uuid::nil()), WarningsComputed::default());
    while let Some((page, last)) = bought(engine, chain, after)? {
        let known = engine.read(chain, |conn| row::between(conn, chain, after, last))?;
        after = last;
        tally.customers += page.len() as u64;
        for slice in changes(&page, &known, &rules, today)?.chunks(SLICE) {
            let (opened, ceased) = save(engine, actor, rules, today, slice.to_vec()).await?;
            tally.opened += opened;
            tally.ceased += ceased;
        }
    }
    let noted = move |tx: &mut Tx<'_>| {
        let chain = tx.chain();
        tx.audit("warnings.compute", chain.0, json!({ "day": today, "tally": tally }));
        Answer::ok(&())
    };
    engine
        .transact_in(Lane::Bulk, actor, None, "warnings.compute", noted)
        .await?;
    Ok(tally)
}

type Bought = BTreeMap<Id, BTreeMap<Day, i64>>;

/// What the next customers have bought, by customer and day, with the last of them; None after the last.
fn bought(engine: &Engine, chain: ChainId, after: Id) -> Result<Option<(Bought, Id)>> {
    type Row = (Id, i32, i64);
    let (people, bills) = engine.read(chain, |conn| {
        let people = fetch!(conn, SelectPeople, [chain, after.0] => (Id,))?;
        let mut bills = fetch!(conn, SelectDirectly, [chain, after.0] => Row)?;
        bills.extend(fetch!(conn, SelectAsMember, [chain, after.0] => Row)?);
        Ok((people, bills))
    })?;
    let Some((last,)) = people.last().copied() else {
        return Ok(None);
    };
    let mut page: Bought = people.into_iter().map(|(id,)| (id, BTreeMap::new())).collect();
    for (id, day, paid) in bills {
        if let Some(days) = page.get_mut(&id) {
            let sum = days.entry(Day(day)).or_default();
            *sum = sum.saturating_add(paid);
        }
    }
    Ok(Some((page, last)))
}

fn changes(page: &Bought, known: &[WarningRow], rules: &WarningRules, today: Day) -> Result<Vec<Change>> {
    let mut open: HashMap<(Id, WarningKind), bool> = HashMap::new();
    let mut resolved: HashMap<(Id, WarningKind), Day> = HashMap::new();
    for row in known {
        let of = (row.customer_id, row.kind.0);
        match row.state.0 {
            WarningState::Open => {
                open.insert(of, true);
            }
            _ => {
                let last = resolved.entry(of).or_insert(Day(i32::MIN));
                *last = (*last).max(Day(row.ended_on.unwrap_or(i32::MIN)));
            }
        }
    }
    let mut changes = Vec::new();
    for (customer, days) in page {
        let purchases: Vec<Purchase> = days
            .iter()
            .map(|(day, paid)| Purchase { day: *day, paid: *paid })
            .collect();
        let measured = measure(&purchases, rules, today);
        for kind in WarningKind::ALL.iter().filter(|kind| kind.is_computed()) {
            let of = (*customer, *kind);
            let mine = || measured.iter().filter(|one| one.kind == *kind);
            let holds = mine().any(|one| one.holds);
            let is_open = open.contains_key(&of);
            let may_open = || {
                resolved
                    .get(&of)
                    .is_none_or(|day| rules.returns(*kind, *day, &purchases, today))
            };
            if holds == is_open || (holds && !may_open()) {
                continue;
            }
            let figures: Vec<&Figures> = mine()
                .filter(|one| is_open || one.holds)
                .map(|one| &one.figures)
                .collect();
            changes.push(Change {
                customer: customer.typed(),
                kind: *kind,
                basis: serde_json::to_string(&figures)?,
                ends: is_open,
            });
        }
    }
    Ok(changes)
}

/// Answers how many were opened, and how many closed.
async fn save(
    engine: &Engine,
    actor: &Actor,
    rules: WarningRules,
    today: Day,
    changes: Vec<Change>,
) -> Result<(u64, u64), Refusal> {
    let keys = engine.keys().chain(actor.chain);
    let work = move |tx: &mut Tx<'_>| {
        let mut done = (0_u64, 0_u64);
        for change in &changes {
            let chain = Id::from(tx.chain());
            // Somebody may have come first.
            match row::open_of(tx.conn(), chain, change.customer.into(), change.kind)? {
                Some(row) if change.ends => {
                    cease(tx, row, change, today)?;
                    done.1 += 1;
                }
                None if !change.ends => done.0 += u64::from(open(tx, &keys, change, &rules, today)?),
                _ => {}
            }
        }
        Answer::ok(&done)
    };
    let answered = engine
        .transact_in(Lane::Bulk, actor, None, "warnings.save", work)
        .await?;
    Ok(serde_json::from_str(&answered.json).map_err(Error::from)?)
}

fn cease(tx: &mut Tx<'_>, mut row: WarningRow, change: &Change, today: Day) -> Result<()> {
    row.state = Name(WarningState::Ceased);
    row.ended_basis = Some(change.basis.clone());
    row.ended_on = Some(today.0);
    row.version += 1;
    row::save(tx.conn(), &row)
}

fn open(tx: &mut Tx<'_>, keys: &ChainKeys, change: &Change, rules: &WarningRules, today: Day) -> Result<bool> {
    let chain = tx.chain();
    let Some(customer) = find_customer(tx.conn(), chain, change.customer)? else {
        return Ok(false);
    };
    let Some(key) = customer.person(keys)? else {
        return Ok(false);
    };
    let id: WarningId = tx.new_id();
    let new = WarningRow {
        basis: Some(change.basis.clone()),
        texts: Texts::default().seal(&key, id.into())?,
        ..WarningRow::new(&customer, id, change.kind, (today, rules.due(today, false)))
    };
    row::insert(tx.conn(), &new)?;
    let told = json!({ "id": id, "customer_id": change.customer, "kind": change.kind, "urgent": false });
    tx.publish("warning.opened", told);
    Ok(true)
}
