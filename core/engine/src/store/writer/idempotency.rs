//! Known answers: by a client's key for 30 days, by a bill's natural key for ever.

use super::tx::{Answered, IdempotencyKey};
use crate::error::Result;
use crate::store::statement::{fetch, run, statements};
use crate::store::{Conn, Id};
use cardea_domain::id::ChainId;
use cardea_domain::sale::NaturalKey;
use cardea_domain::{Code, Instant, Refusal};
use diesel::sql_types::{Binary, Integer, Text};

statements! {
    SelectKey -> (Binary, Integer, Text) =
        "SELECT request_hash, status, answer FROM idempotency WHERE chain_id = ? AND key = ?";
    InsertKey = "INSERT INTO idempotency (chain_id, key, request_hash, status, answer, created_at) VALUES (?, ?, ?, ?, ?, ?)";
    SelectBillByKey -> (Binary, Binary, Text) =
        "SELECT id, content, answer FROM bills WHERE chain_id = ? AND store_id = ? AND source = ? AND till = ? \
         AND business_date = ? AND receipt = ? AND kind = ?";
}

/// The answer under a client's key, if it was used before.
///
/// # Errors
/// `idempotency_key_reused` for another request.
pub(crate) fn by_key(conn: &mut Conn, chain: ChainId, key: &IdempotencyKey) -> Result<Option<Answered>> {
    let Some((hash, status, json)) = fetch!(conn, SelectKey, [chain, &key.key] => (Vec<u8>, i32, String))?.pop() else {
        return Ok(None);
    };
    if hash != key.request {
        let refusal = Refusal::new(
            Code::IdempotencyKeyReused,
            "同一 Idempotency-Key 已用于另一请求，请换一个新的",
            "This Idempotency-Key came with another request before; take a new one",
        );
        return Err(refusal.into());
    }
    Ok(Some(Answered {
        status: status as u16,
        json,
        replayed: true,
    }))
}

/// The answer under a bill's natural key, if the bill is known.
///
/// # Errors
/// `receipt_conflict` for another content; it names the first bill.
pub(crate) fn by_natural_key(
    conn: &mut Conn,
    chain: ChainId,
    key: &NaturalKey,
    content: &[u8; 32],
) -> Result<Option<Answered>> {
    type Row = (Id, Vec<u8>, String);
    let kind = key.kind.as_str();
    let values = fetch!(conn, SelectBillByKey, [
        chain, key.store, &key.source, &key.till, key.business_date, &key.receipt, kind,
    ] => Row)?;
    let Some((id, known, json)) = values.into_iter().next() else {
        return Ok(None);
    };
    if known != content {
        let refusal = Refusal::new(
            Code::ReceiptConflict,
            format!(
                "小票号 {} 当日在此收银台已用于另一笔账单，内容不同；请核对小票号",
                key.receipt
            ),
            format!(
                "Receipt {} of this till and day belongs to another bill with other content; check the number",
                key.receipt
            ),
        );
        return Err(refusal.with(|facts| facts.sale_id = Some(id.typed())).into());
    }
    Ok(Some(Answered {
        status: 200,
        json,
        replayed: true,
    }))
}

/// Keeps an answer under a client's key.
pub(super) fn keep(
    conn: &mut Conn,
    chain: ChainId,
    key: &IdempotencyKey,
    answer: &Answered,
    now: Instant,
) -> Result<()> {
    let status = i32::from(answer.status);
    run!(
        conn,
        InsertKey,
        [chain, &key.key, &key.request, status, &answer.json, now]
    )?;
    Ok(())
}
