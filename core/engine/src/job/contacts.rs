//! Makes tasks by the service standards (D-ARC-5): whoever has a consultant hears from the shop in the rhythm of their grade.

use super::{Every, Job, Where};
use crate::Engine;
use crate::actor::Actor;
use crate::archive::find_customer;
use crate::error::{Error, Result};
use crate::store::statement::{fetch, statements};
use crate::store::{Answer, Id, Lane, Tx};
use crate::task::row::{Draft, make};
use crate::task::standards::standards;
use cardea_domain::id::{ChainId, CustomerId, StaffId};
use cardea_domain::task::{TaskKind, TaskSource};
use cardea_domain::{Day, Instant, Refusal};
use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use uuid::Uuid;

pub(super) const JOB: Job = Job {
    name: "contacts",
    title: ["按服务标准安排回访", "Contacts by service standard"],
    every: Every::Day,
    by: Where::Chain,
    run: |engine, turn| Box::pin(run(engine, turn.chain, turn.day)),
};

/// Customers in one transaction.
const SLICE: usize = 200;

// The last contact: an entry of the journal or an ended task; else when the customer came. Nobody gets a second open one.
statements! {
    SelectLooked -> (Binary, Binary, BigInt, Nullable<BigInt>, Nullable<Text>) =
        "SELECT c.id, c.consultant_id, c.created_at, \
         (SELECT MAX(j.occurred_at) FROM journal j WHERE j.chain_id = c.chain_id AND j.customer_id = c.id), \
         (SELECT k.class FROM customer_classes k WHERE k.chain_id = c.chain_id AND k.customer_id = c.id \
          AND k.dimension = 'volume') \
         FROM customers c WHERE c.chain_id = ? AND c.consultant_id IS NOT NULL AND c.id > ? AND c.data_key IS NOT NULL \
         AND NOT EXISTS (SELECT 1 FROM tasks t WHERE t.chain_id = c.chain_id AND t.customer_id = c.id \
          AND t.state = 'open' AND t.source = 'standard') ORDER BY c.id LIMIT 500";
}

/// A contact that is due.
#[derive(Clone)]
struct Due {
    customer: CustomerId,
    staff: StaffId,
    last: Day,
    due_on: Day,
}

/// Answers how many tasks were made; a second run makes none.
///
/// # Errors
/// The first refusal (`busy`, `storage_unavailable`).
async fn run(engine: &Engine, chain: ChainId, today: Day) -> Result<u64, Refusal> {
    type Row = (Id, Id, i64, Option<i64>, Option<String>);
    let by = engine.read(chain, |conn| standards(conn, chain))?.standards;
    let zone = engine.chain(chain)?.time_zone;
    let (mut after, mut made) = (Id(Uuid::nil()), 0);
    loop {
        let found = engine.read(chain, |conn| Ok(fetch!(conn, SelectLooked, [chain, after.0] => Row)?))?;
        let Some(end) = found.last() else { break };
        after = end.0;
        let due = found
            .into_iter()
            .filter_map(|(customer, staff, created, told, volume)| {
                let last = zone.day_of(Instant(told.unwrap_or(created)));
                let due_on = by.due(volume.as_deref(), last);
                by.appears(due_on, today).then(|| Due {
                    customer: customer.typed(),
                    staff: staff.typed(),
                    last,
                    due_on,
                })
            });
        let due: Vec<Due> = due.collect();
        for slice in due.chunks(SLICE) {
            made += save(engine, chain, slice.to_vec()).await?;
        }
    }
    Ok(made)
}

async fn save(engine: &Engine, chain: ChainId, due: Vec<Due>) -> Result<u64, Refusal> {
    let keys = engine.keys().chain(chain);
    let work = move |tx: &mut Tx<'_>| {
        let mut made = 0_u64;
        for due in &due {
            let Some(customer) = find_customer(tx.conn(), chain, due.customer)? else {
                continue;
            };
            let draft = Draft {
                staff: Some(due.staff),
                kind: TaskKind::Call,
                due_on: due.due_on,
                title: "按服务标准回访".into(),
                source: TaskSource::Standard,
                source_key: Some(format!("standard/{}/{}", due.customer, due.last)),
            };
            made += u64::from(make(tx, &keys, &customer, draft)?.is_some());
        }
        Answer::ok(&made)
    };
    let actor = Actor::system(chain);
    let answered = engine.transact_in(Lane::Bulk, &actor, None, "contacts", work).await?;
    Ok(serde_json::from_str(&answered.json).map_err(Error::from)?)
}
