//! The `webhook_deliveries` table.

use crate::each;
use crate::error::Result;
use crate::store::schema::{outbox, webhook_deliveries};
use crate::store::{Conn, Id, Name};
use cardea_domain::id::ChainId;
use cardea_domain::webhook::DeliveryState;
use cardea_domain::{Instant, Text};
use diesel::prelude::*;

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = webhook_deliveries)]
pub(super) struct DeliveryRow {
    pub chain_id: Id,
    pub id: Id,
    pub endpoint_id: Id,
    pub event_id: Id,
    pub state: Name<DeliveryState>,
    pub tries: i32,
    pub due_at: i64,
    pub next_at: i64,
    pub lease_until: Option<i64>,
    pub code: Option<i32>,
    pub said: Option<String>,
    pub created_at: i64,
    pub ended_at: Option<i64>,
}

/// What is told, as the outbox has it.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = outbox)]
pub(super) struct EventRow {
    pub topic: String,
    pub payload: String,
    pub created_at: i64,
}

impl DeliveryRow {
    /// For an event that is handed out.
    pub fn new(chain: ChainId, id: Id, (endpoint, event): (Id, Id), now: Instant) -> Self {
        Self {
            chain_id: chain.into(),
            id,
            endpoint_id: endpoint,
            event_id: event,
            state: Name(DeliveryState::Queued),
            tries: 0,
            due_at: now.0,
            next_at: now.0,
            lease_until: None,
            code: None,
            said: None,
            created_at: now.0,
            ended_at: None,
        }
    }

    /// Saves it, unless somebody else has had it since it was as `before`, which would be another try; answers whether it was saved.
    pub fn save_over(&self, conn: &mut Conn, before: &Self) -> Result<bool> {
        let own = webhook_deliveries::table.find((self.chain_id, self.id));
        let as_left = own
            .filter(webhook_deliveries::state.eq(before.state))
            .filter(webhook_deliveries::tries.eq(before.tries));
        let outcome = (
            (
                webhook_deliveries::state.eq(self.state),
                webhook_deliveries::tries.eq(self.tries),
            ),
            (
                webhook_deliveries::due_at.eq(self.due_at),
                webhook_deliveries::next_at.eq(self.next_at),
            ),
            webhook_deliveries::lease_until.eq(self.lease_until),
            (
                webhook_deliveries::code.eq(self.code),
                webhook_deliveries::said.eq(&self.said),
            ),
            webhook_deliveries::ended_at.eq(self.ended_at),
        );
        Ok(each!(conn, c => diesel::update(as_left).set(outcome).execute(c)?) == 1)
    }

    /// What the other side said.
    pub fn say(&mut self, code: Option<u16>, said: &Text) -> Result<()> {
        self.code = code.map(i32::from);
        self.said = Some(serde_json::to_string(said)?);
        Ok(())
    }

    pub fn end(&mut self, state: DeliveryState, now: Instant) {
        self.state = Name(state);
        self.ended_at = Some(now.0);
    }

    /// Back into the queue, with all its tries before it.
    pub fn queue_again(&mut self, now: Instant) {
        self.state = Name(DeliveryState::Queued);
        self.tries = 0;
        self.due_at = now.0;
        self.next_at = now.0;
        self.ended_at = None;
    }
}

pub(super) fn find(conn: &mut Conn, chain: ChainId, id: Id) -> Result<Option<DeliveryRow>> {
    let row = webhook_deliveries::table.find((Id::from(chain), id));
    Ok(each!(conn, c => row.select(DeliveryRow::as_select()).get_result(c).optional()?))
}

/// Some of an address's that are due, in the order in which they go.
pub(super) fn due(
    conn: &mut Conn,
    (chain, endpoint): (ChainId, Id),
    now: Instant,
    limit: i64,
) -> Result<Vec<(DeliveryRow, EventRow)>> {
    let same = outbox::chain_id
        .eq(webhook_deliveries::chain_id)
        .and(outbox::id.eq(webhook_deliveries::event_id));
    let own = webhook_deliveries::chain_id
        .eq(Id::from(chain))
        .and(webhook_deliveries::endpoint_id.eq(endpoint));
    let due = webhook_deliveries::state
        .eq(Name(DeliveryState::Queued))
        .and(webhook_deliveries::next_at.le(now.0));
    Ok(each!(conn, c => webhook_deliveries::table
        .inner_join(outbox::table.on(same))
        .select((DeliveryRow::as_select(), EventRow::as_select()))
        .filter(own.and(due))
        .order((webhook_deliveries::next_at, webhook_deliveries::event_id))
        .limit(limit)
        .load(c)?))
}

/// An address's in a state, the longest waiting first.
pub(super) fn in_state(
    conn: &mut Conn,
    (chain, endpoint): (ChainId, Id),
    state: DeliveryState,
    limit: i64,
) -> Result<Vec<DeliveryRow>> {
    let own = webhook_deliveries::chain_id
        .eq(Id::from(chain))
        .and(webhook_deliveries::endpoint_id.eq(endpoint))
        .and(webhook_deliveries::state.eq(Name(state)));
    Ok(each!(conn, c => webhook_deliveries::table
        .select(DeliveryRow::as_select())
        .filter(own)
        .order((webhook_deliveries::next_at, webhook_deliveries::event_id))
        .limit(limit)
        .load(c)?))
}
