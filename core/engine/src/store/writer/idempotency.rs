//! Known answers: by a client's key for 30 days, by a bill's natural key for ever.

use super::answers;
use super::tx::{Answered, IdempotencyKey};
use crate::error::{Error, Result};
use crate::store::statement::{Bind, fetch_all, statements};
use crate::store::{Conn, Id};
use cardea_domain::id::{BillId, ChainId};
use cardea_domain::sale::NaturalKey;
use cardea_domain::{Code, Refusal};
use diesel::sql_types::{BigInt, Binary, Integer, Nullable, Text};

statements! {
    SelectKeys -> (BigInt, Binary, Integer, Nullable<Text>, Nullable<Binary>) =
        "WITH asked (n, chain_id, key) AS (VALUES {}) SELECT asked.n, i.request_hash, i.status, i.answer, i.bill_id \
         FROM asked CROSS JOIN idempotency i WHERE i.chain_id = asked.chain_id AND i.key = asked.key" of "(?, ?, ?)";
    SelectBillsByKey -> (BigInt, Binary, Binary) =
        "WITH asked (n, chain_id, store_id, source, till, business_date, receipt, kind) AS (VALUES {}) \
         SELECT asked.n, b.id, b.content FROM asked CROSS JOIN bills b WHERE b.chain_id = asked.chain_id \
         AND b.store_id = asked.store_id AND b.source = asked.source AND b.till = asked.till \
         AND b.business_date = asked.business_date AND b.receipt = asked.receipt AND b.kind = asked.kind"
        of "(?, ?, ?, ?, ?, ?, ?, ?)";
}

/// What a command is known by.
pub(crate) struct Asked<'a> {
    pub chain: ChainId,
    pub key: Option<&'a IdempotencyKey>,
    /// The bill's natural key, and the hash of what the till sent.
    pub natural: Option<(&'a NaturalKey, &'a [u8; 32])>,
}

/// What is known of a command: its answer, or why it can't have one under this key. None: it is new.
pub(crate) type Known = Option<Result<Answered, Refusal>>;

/// What was answered before, for each command. A key with another request is refused `idempotency_key_reused`, a bill
/// with another content `receipt_conflict`, which names the first bill.
pub(crate) fn known(conn: &mut Conn, asked: &[Asked]) -> Result<Vec<Known>> {
    let mut known: Vec<Known> = asked.iter().map(|_| None).collect();
    let keys: Vec<_> = (0i64..)
        .zip(asked)
        .filter_map(|(n, asked)| {
            let key = asked.key?.key.as_str();
            Some([Bind::from(n), asked.chain.into(), key.into()])
        })
        .collect();
    type Key = (i64, Vec<u8>, i32, Option<String>, Option<Id>);
    for (n, hash, status, json, bill) in fetch_all!(conn, SelectKeys, [], &keys => Key)? {
        let n = n as usize;
        let json = match (json, bill) {
            (Some(json), _) => json,
            (None, Some(bill)) => answers::of_bill(conn, asked[n].chain, bill.typed())?,
            (None, None) => return Err(Error::internal("a key without an answer")),
        };
        known[n] = asked[n].key.map(|key| under_key(key, &hash, status, json));
    }
    let bills: Vec<_> = (0i64..)
        .zip(asked)
        .filter(|(n, _)| known[*n as usize].is_none())
        .filter_map(|(n, asked)| {
            let (key, _) = asked.natural?;
            Some([
                Bind::from(n),
                asked.chain.into(),
                key.store.into(),
                Bind::from(&key.source),
                Bind::from(&key.till),
                key.business_date.into(),
                Bind::from(&key.receipt),
                key.kind.as_str().into(),
            ])
        })
        .collect();
    for (n, id, content) in fetch_all!(conn, SelectBillsByKey, [], &bills => (i64, Id, Vec<u8>))? {
        let n = n as usize;
        let json = answers::of_bill(conn, asked[n].chain, id.typed())?;
        known[n] = asked[n]
            .natural
            .map(|natural| as_bill(natural, id.typed(), &content, json));
    }
    Ok(known)
}

/// As [`known`], of one command.
pub(crate) fn known_one(conn: &mut Conn, asked: Asked) -> Result<Option<Answered>> {
    let known = known(conn, &[asked])?.pop().flatten();
    Ok(known.transpose()?)
}

fn under_key(key: &IdempotencyKey, request: &[u8], status: i32, json: String) -> Result<Answered, Refusal> {
    if request != key.request {
        return Err(Refusal::new(
            Code::IdempotencyKeyReused,
            "同一 Idempotency-Key 已用于另一请求，请换一个新的",
            "This Idempotency-Key came with another request before; take a new one",
        ));
    }
    Ok(Answered {
        status: status as u16,
        json,
        replayed: true,
    })
}

fn as_bill(
    (key, content): (&NaturalKey, &[u8; 32]),
    id: BillId,
    known: &[u8],
    json: String,
) -> Result<Answered, Refusal> {
    if known != content {
        let receipt = &key.receipt;
        let refusal = Refusal::new(
            Code::ReceiptConflict,
            format!("小票号 {receipt} 当日在此收银台已用于另一笔账单，内容不同；请核对小票号"),
            format!(
                "Receipt {receipt} of this till and day belongs to another bill with other content; check the number"
            ),
        );
        return Err(refusal.with(|facts| facts.sale_id = Some(id)));
    }
    Ok(Answered {
        status: 200,
        json,
        replayed: true,
    })
}
