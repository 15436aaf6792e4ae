//! What the books say of one customer, for the file of their own data: bills and ledger entries, a page at a time.

use crate::each;
use crate::error::Result;
use crate::store::schema::{bills, entries, memberships};
use crate::store::{Conn, Id};
use cardea_domain::id::{ChainId, CustomerId};
use cardea_domain::{Day, Instant};
use diesel::prelude::*;
use serde_json::{Value, json};

/// Some of them, each with the cursor after it.
pub(crate) type Told = Vec<(Value, String)>;

fn memberships_of(conn: &mut Conn, chain: ChainId, customer: CustomerId) -> Result<Vec<Id>> {
    let own = memberships::chain_id
        .eq(Id::from(chain))
        .and(memberships::customer_id.eq(Id::from(customer)));
    Ok(each!(conn, c => memberships::table
        .select(memberships::id)
        .filter(own)
        .order(memberships::id)
        .load(c)?))
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = bills)]
struct BillRow {
    id: Id,
    kind: String,
    store_id: Id,
    till: String,
    receipt: String,
    business_date: i32,
    occurred_at: i64,
    total: i64,
    paid: i64,
    earned: i64,
    spent: i64,
    parts: String,
}

/// Bills, oldest first.
pub(crate) fn bills(
    conn: &mut Conn,
    chain: ChainId,
    customer: CustomerId,
    after: Option<&str>,
    limit: i64,
) -> Result<Told> {
    let members = memberships_of(conn, chain, customer)?;
    let after = Id(after.and_then(|text| text.parse().ok()).unwrap_or_default());
    let own = bills::customer_id
        .eq(Id::from(customer))
        .or(bills::membership_id.eq_any(members));
    let rows: Vec<BillRow> = each!(conn, c => bills::table
        .select(BillRow::as_select())
        .filter(bills::chain_id.eq(Id::from(chain)).and(bills::id.gt(after)))
        .filter(own.assume_not_null())
        .order(bills::id)
        .limit(limit)
        .load(c)?);
    let told = |row: BillRow| {
        let parts: Value = serde_json::from_str(&row.parts)?;
        let value = json!({
            "id": row.id.0, "kind": row.kind, "store_id": row.store_id.0, "till": row.till, "receipt": row.receipt,
            "business_date": Day(row.business_date), "occurred_at": Instant(row.occurred_at), "total": row.total,
            "paid": row.paid, "points_earned": row.earned, "points_spent": row.spent, "parts": parts,
        });
        Ok((value, row.id.text()))
    };
    rows.into_iter().map(told).collect()
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = entries)]
struct EntryRow {
    membership_id: Id,
    id: Id,
    asset: String,
    kind: String,
    amount: i64,
    bill_id: Option<Id>,
    occurred_at: i64,
    explanation_zh: String,
    explanation_en: String,
}

/// Ledger entries, membership by membership, oldest first.
pub(crate) fn entries(
    conn: &mut Conn,
    chain: ChainId,
    customer: CustomerId,
    after: Option<&str>,
    limit: i64,
) -> Result<Told> {
    let place = after.and_then(|text| text.split_once('.'));
    let place = place.and_then(|(member, id)| Some((Id(member.parse().ok()?), Id(id.parse().ok()?))));
    let (first, after) = place.unwrap_or_default();
    let mut rows: Vec<EntryRow> = Vec::new();
    for member in memberships_of(conn, chain, customer)? {
        let left = limit - rows.len() as i64;
        if member < first || left <= 0 {
            continue;
        }
        let after = if member == first { after } else { Id::default() };
        let own = entries::chain_id
            .eq(Id::from(chain))
            .and(entries::membership_id.eq(member))
            .and(entries::id.gt(after));
        let more: Vec<EntryRow> = each!(conn, c => entries::table
            .select(EntryRow::as_select())
            .filter(own)
            .order(entries::id)
            .limit(left)
            .load(c)?);
        rows.extend(more);
    }
    let told = |row: EntryRow| {
        let value = json!({
            "id": row.id.0, "membership_id": row.membership_id.0, "asset": row.asset, "kind": row.kind,
            "amount": row.amount, "bill_id": row.bill_id.map(|id| id.0), "occurred_at": Instant(row.occurred_at),
            "explanation": { "zh": row.explanation_zh, "en": row.explanation_en },
        });
        (value, format!("{}.{}", row.membership_id.text(), row.id.text()))
    };
    Ok(rows.into_iter().map(told).collect())
}
