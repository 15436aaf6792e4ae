//! Computes customers' classes (D-ARC-3) once a day, or when somebody asks for it. What a person has set stays.

use super::{Every, Job, Where};
use crate::Engine;
use crate::actor::Actor;
use crate::archive::classes::{self, ClassRow};
use crate::error::{Error, Result};
use crate::identity::Action;
use crate::store::statement::{fetch, statements};
use crate::store::writer::{Failure, Work};
use crate::store::{Answer, Id, Lane, Name};
use cardea_domain::classes::{Bought, Computed, VolumeBounds, Yardstick, classify};
use cardea_domain::id::ChainId;
use cardea_domain::{Code, Day, Refusal};
use diesel::sql_types::{BigInt, Binary, Integer, Nullable};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use utoipa::ToSchema;
use uuid::Uuid;

pub(super) const JOB: Job = Job {
    name: "classes",
    title: ["顾客分类", "Classes of customers"],
    every: Every::Hour,
    by: Where::Chain,
    run: |engine, turn| Box::pin(run(engine, turn.chain)),
};

/// Customers in one transaction.
const SLICE: usize = 200;

// CROSS JOIN keeps SQLite from reading every bill of the chain per customer.
statements! {
    SelectBoughtDirectly -> (Binary, Nullable<Integer>, BigInt, BigInt) =
        "SELECT c.id, CAST(MIN(b.business_date) AS INTEGER), \
         CAST(COALESCE(SUM(CASE WHEN b.business_date >= ? THEN b.paid - b.returned_paid ELSE 0 END), 0) AS BIGINT), \
         CAST(COALESCE(SUM(CASE WHEN b.business_date >= ? AND b.paid > b.returned_paid THEN 1 ELSE 0 END), 0) AS BIGINT) \
         FROM (SELECT chain_id, id FROM customers WHERE chain_id = ? AND id > ? ORDER BY id LIMIT 1000) c \
         LEFT JOIN bills b ON b.chain_id = c.chain_id AND b.customer_id = c.id AND b.membership_id IS NULL \
         AND b.kind = 'sale' GROUP BY c.id ORDER BY c.id";
    SelectBoughtAsMember -> (Binary, Nullable<Integer>, BigInt, BigInt) =
        "SELECT c.id, CAST(MIN(b.business_date) AS INTEGER), \
         CAST(COALESCE(SUM(CASE WHEN b.business_date >= ? THEN b.paid - b.returned_paid ELSE 0 END), 0) AS BIGINT), \
         CAST(COALESCE(SUM(CASE WHEN b.business_date >= ? AND b.paid > b.returned_paid THEN 1 ELSE 0 END), 0) AS BIGINT) \
         FROM (SELECT chain_id, id FROM customers WHERE chain_id = ? AND id > ? ORDER BY id LIMIT 1000) c \
         CROSS JOIN memberships m CROSS JOIN bills b WHERE m.chain_id = c.chain_id AND m.customer_id = c.id \
         AND b.chain_id = m.chain_id AND b.membership_id = m.id AND b.kind = 'sale' GROUP BY c.id";
}

/// Nothing needs to be said of a computation.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ComputeClasses {}

/// What a computation came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ClassesComputed {
    /// Customers looked at.
    pub customers: u64,
    /// Classes that are others now, or new.
    pub changed: u64,
}

/// Computes a chain's classes, if that wasn't done yet on its day.
///
/// # Errors
/// The first refusal (`busy`, `storage_unavailable`).
pub async fn run(engine: &Engine, chain: ChainId) -> Result<u64, Refusal> {
    let today = today(engine, chain)?;
    let rules = engine.read(chain, |conn| classes::rules(conn, chain))?;
    if rules.computed_on.is_some_and(|day| day >= today) {
        return Ok(0);
    }
    let computed = compute(engine, &Arc::new(Actor::system(chain))).await?;
    Ok(computed.customers)
}

impl Engine {
    /// Computes the chain's classes now.
    ///
    /// # Errors
    /// `forbidden`, `busy`, `storage_unavailable`.
    pub async fn compute_classes(&self, actor: &Actor) -> Result<ClassesComputed, Refusal> {
        actor.require(Action::JobRun, None)?;
        compute(self, &Arc::new(actor.clone())).await
    }
}

/// The chain's day.
fn today(engine: &Engine, chain: ChainId) -> Result<Day, Refusal> {
    Ok(engine.chain(chain)?.time_zone.day_of(engine.clock().business(chain)))
}

async fn compute(engine: &Engine, actor: &Arc<Actor>) -> Result<ClassesComputed, Refusal> {
    let chain = actor.chain;
    let today = today(engine, chain)?;
    let rules = engine.read(chain, |conn| classes::rules(conn, chain))?.rules;
    let since = today.months_earlier(rules.window_months).unwrap_or(Day(0));
    let mut paid = Vec::new();
    let mut after = Id(Uuid::nil());
    while let Some(page) = bought(engine, chain, since, &mut after)? {
        paid.extend(page.into_values().map(|bought| bought.paid).filter(|paid| *paid > 0));
    }
    let by = Yardstick {
        rules,
        today,
        bounds: VolumeBounds::of(paid, &rules),
    };
    let mut tally = ClassesComputed::default();
    after = Id(Uuid::nil());
    loop {
        let first = after;
        let Some(page) = bought(engine, chain, since, &mut after)? else {
            break;
        };
        tally.customers += page.len() as u64;
        let known = engine.read(chain, |conn| classes::between(conn, chain, first, after))?;
        let changes = changes(chain, &page, &known, &by)?;
        for slice in changes.chunks(SLICE) {
            tally.changed += save(engine, actor, slice.to_vec()).await?;
        }
    }
    finish(engine, actor, today, tally).await?;
    Ok(tally)
}

/// What the next customers have bought, by customer; None after the last.
fn bought(engine: &Engine, chain: ChainId, since: Day, after: &mut Id) -> Result<Option<BTreeMap<Id, Bought>>> {
    type Row = (Id, Option<i32>, i64, i64);
    let from = *after;
    let (direct, as_member) = engine.read(chain, |conn| {
        let direct = fetch!(conn, SelectBoughtDirectly, [since, since, chain, from.0] => Row)?;
        let as_member = fetch!(conn, SelectBoughtAsMember, [since, since, chain, from.0] => Row)?;
        Ok((direct, as_member))
    })?;
    let mut page: BTreeMap<Id, Bought> = BTreeMap::new();
    for (id, first, paid, purchases) in direct.into_iter().chain(as_member) {
        page.entry(id).or_default().add(Bought {
            first: first.map(Day),
            paid,
            purchases,
        });
    }
    let Some(last) = page.keys().next_back() else {
        return Ok(None);
    };
    *after = *last;
    Ok(Some(page))
}

/// A class to be written, or with None to be taken away: nobody keeps one that the figures no longer give.
#[derive(Clone)]
struct Change {
    customer: Id,
    dimension: cardea_domain::classes::Dimension,
    row: Option<ClassRow>,
}

fn changes(chain: ChainId, page: &BTreeMap<Id, Bought>, known: &[ClassRow], by: &Yardstick) -> Result<Vec<Change>> {
    let known: HashMap<_, _> = known
        .iter()
        .map(|row| ((row.customer_id, row.dimension.0), row))
        .collect();
    let mut changes = Vec::new();
    for (customer, bought) in page {
        let computed = classify(bought, by);
        for one in cardea_domain::classes::Dimension::ALL
            .iter()
            .filter(|one| one.is_computed())
        {
            let before = known.get(&(*customer, *one));
            let now = computed.iter().find(|computed| computed.dimension == *one);
            let same = match (before, now) {
                (Some(before), _) if before.manual => true,
                (None, None) => true,
                (Some(before), Some(now)) => before.class == now.class && before.basis == Some(basis(now)?),
                _ => false,
            };
            if !same {
                let row = now.map(|now| row(chain, *customer, now)).transpose()?;
                changes.push(Change {
                    customer: *customer,
                    dimension: *one,
                    row,
                });
            }
        }
    }
    Ok(changes)
}

fn basis(computed: &Computed) -> Result<String> {
    Ok(serde_json::to_string(&computed.basis)?)
}

fn row(chain: ChainId, customer: Id, computed: &Computed) -> Result<ClassRow> {
    Ok(ClassRow {
        chain_id: chain.into(),
        customer_id: customer,
        dimension: Name(computed.dimension),
        class: computed.class.to_owned(),
        manual: false,
        basis: Some(basis(computed)?),
        set_by: None,
        set_at: 0,
    })
}

/// Writes what is still no person's; answers how many classes are others now.
async fn save(engine: &Engine, actor: &Arc<Actor>, changes: Vec<Change>) -> Result<u64, Refusal> {
    let work = move |tx: &mut crate::store::Tx<'_>| {
        let (chain, now) = (Id::from(tx.chain()), tx.business_now().0);
        let mut changed = 0_u64;
        for change in &changes {
            let before = classes::along(tx.conn(), chain, change.customer, change.dimension)?;
            // Somebody may have set it meanwhile.
            if before.as_ref().is_some_and(|before| before.manual) {
                continue;
            }
            let class = change.row.as_ref().map(|row| &row.class);
            let same = before.as_ref().map(|before| &before.class) == class;
            match &change.row {
                Some(row) => {
                    let since = before.filter(|_| same).map_or(now, |before| before.set_at);
                    let row = ClassRow {
                        set_at: since,
                        ..row.clone()
                    };
                    classes::replace(tx.conn(), &row)?;
                }
                None => classes::remove(tx.conn(), chain, change.customer, change.dimension)?,
            }
            changed += u64::from(!same);
        }
        Answer::ok(&changed)
    };
    let answer = submit(engine, actor, "classes.save", Work::Closure(Box::new(work))).await?;
    Ok(serde_json::from_str(&answer).map_err(Error::from)?)
}

/// Notes the day, so that the schedule doesn't compute it again.
async fn finish(engine: &Engine, actor: &Arc<Actor>, today: Day, tally: ClassesComputed) -> Result<(), Refusal> {
    let work = move |tx: &mut crate::store::Tx<'_>| {
        let chain = tx.chain();
        let mut rules = classes::rules(tx.conn(), chain)?;
        rules.computed_on = Some(today);
        classes::save_rules(tx.conn(), chain, &rules)?;
        tx.audit("classes.compute", chain.0, json!({ "day": today, "tally": tally }));
        Answer::ok(&())
    };
    submit(engine, actor, "classes.finish", Work::Closure(Box::new(work)))
        .await
        .map(drop)
}

async fn submit(engine: &Engine, actor: &Arc<Actor>, name: &'static str, work: Work) -> Result<String, Refusal> {
    match engine.submit(Lane::Bulk, actor.clone(), None, name, work).await {
        Ok(answered) => Ok(answered.json),
        Err(Failure::Refused(refusal)) => Err(*refusal),
        Err(Failure::Stale) => Err(Refusal::new(Code::Busy, "系统繁忙，请稍后重试", "Busy; try again")),
    }
}
