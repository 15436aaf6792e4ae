//! Records about one customer in full, for the file of their own data.

use super::read::opened;
use super::row::{EventRow, RecordRow};
use crate::archive::CustomerRow;
use crate::each;
use crate::error::Result;
use crate::keys::ChainKeys;
use crate::store::schema::{record_events, records};
use crate::store::{Conn, Id};
use cardea_domain::Instant;
use diesel::prelude::*;
use serde_json::{Value, json};

/// Some of them, oldest first, each with its history and the cursor after it.
pub(crate) fn own(
    conn: &mut Conn,
    keys: &ChainKeys,
    customer: &CustomerRow,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<(Value, String)>> {
    let after = Id(after.and_then(|text| text.parse().ok()).unwrap_or_default());
    let rows: Vec<RecordRow> = each!(conn, c => records::table
        .select(RecordRow::as_select())
        .filter(records::chain_id.eq(customer.chain_id).and(records::customer_id.eq(customer.id)))
        .filter(records::id.gt(after))
        .order(records::id)
        .limit(limit)
        .load(c)?);
    let mut told = Vec::with_capacity(rows.len());
    for row in rows {
        let events: Vec<EventRow> = each!(conn, c => record_events::table
            .select(EventRow::as_select())
            .filter(record_events::chain_id.eq(row.chain_id).and(record_events::record_id.eq(row.id)))
            .order(record_events::id)
            .load(c)?);
        let event = |event: EventRow| {
            let earlier = opened(keys, customer, event.record_id, event.earlier.as_deref())?;
            Ok(
                json!({ "kind": event.kind.0, "at": Instant(event.at), "staff_id": event.staff_id.map(|id| id.0), "earlier": earlier }),
            )
        };
        let history = events.into_iter().map(event).collect::<Result<Vec<Value>>>()?;
        let value = json!({
            "id": row.id.0, "type_id": row.type_id.0, "active": row.active, "created_at": Instant(row.created_at),
            "values": opened(keys, customer, row.id, Some(&row.content))?, "history": history,
        });
        told.push((value, row.id.text()));
    }
    Ok(told)
}
