//! What a bill answered, put together again: the document stands in the bill, its entries in the ledger, the bill's own
//! id and its membership's in other columns of its row.

use crate::error::{Error, Result};
use crate::store::statement::{fetch, statements};
use crate::store::{Conn, Id};
use cardea_domain::Text;
use cardea_domain::id::{BillId, ChainId, MembershipId};
use cardea_domain::ledger::Asset;
use cardea_domain::sale::EntryView;
use diesel::sql_types::{BigInt, Binary, Integer, Nullable, Text as SqlText};

statements! {
    SelectAnswer -> (Nullable<Binary>, SqlText) = "SELECT membership_id, answer FROM bills WHERE chain_id = ? AND id = ?";
    SelectFirstEntries -> (SqlText, SqlText, BigInt, SqlText, SqlText, SqlText, Nullable<Integer>) =
        "SELECT asset, kind, amount, rule, explanation_zh, explanation_en, line FROM entries \
         WHERE chain_id = ? AND bill_id = ? AND membership_id = ? ORDER BY id LIMIT ?";
}

/// The answer of a bill: JSON, the same bytes as the first time.
pub(crate) fn of_bill(conn: &mut Conn, chain: ChainId, bill: BillId) -> Result<String> {
    let found = fetch!(conn, SelectAnswer, [chain, bill] => (Option<Id>, String))?.pop();
    let (membership, kept) = found.ok_or_else(|| Error::internal(format!("bill {bill} is missing")))?;
    whole(conn, chain, (bill, membership), &kept)
}

/// Stand for ids that the row has anyway; JSON has no such characters, for they are escaped in its texts.
const BILL: &str = "\u{1}";
const MEMBERSHIP: &str = "\u{2}";

fn quoted(id: impl std::fmt::Display) -> String {
    format!("\"{id}\"")
}

/// What a bill's row keeps of its answer.
pub(super) fn shortened(answer: &str, bill: BillId, membership: Option<MembershipId>) -> String {
    let short = answer.replace(&quoted(bill), BILL);
    match membership {
        Some(membership) => short.replace(&quoted(membership), MEMBERSHIP),
        None => short,
    }
}

/// The other way round.
pub(super) fn lengthened(kept: &str, bill: BillId, membership: Option<MembershipId>) -> String {
    let long = kept.replace(BILL, &quoted(bill));
    match membership {
        Some(membership) => long.replace(MEMBERSHIP, &quoted(membership)),
        None => long,
    }
}

/// What a bill keeps of its answer, with its entries: the first ones of its membership, for what was booked later wasn't
/// answered.
pub(crate) fn whole(
    conn: &mut Conn,
    chain: ChainId,
    (bill, membership): (BillId, Option<Id>),
    kept: &str,
) -> Result<String> {
    let kept = lengthened(kept, bill, membership.map(Id::typed));
    // A quote inside a text of the document is escaped, so this is the field.
    const FIELD: &str = "\"entries\":";
    let Some((before, after)) = kept.split_once(FIELD) else {
        return Ok(kept);
    };
    let digits = after.bytes().take_while(u8::is_ascii_digit).count();
    let Ok(number) = after[..digits].parse::<i64>() else {
        return Ok(kept);
    };
    let entries = match membership.filter(|_| number > 0) {
        Some(membership) => first_entries(conn, chain, (bill, membership), number)?,
        None => Vec::new(),
    };
    if entries.len() as i64 != number {
        return Err(Error::internal(format!("bill {bill} has lost entries")));
    }
    Ok(format!(
        "{before}{FIELD}{}{}",
        serde_json::to_string(&entries)?,
        &after[digits..]
    ))
}

fn first_entries(
    conn: &mut Conn,
    chain: ChainId,
    (bill, membership): (BillId, Id),
    number: i64,
) -> Result<Vec<EntryView>> {
    type Row = (String, String, i64, String, String, String, Option<i32>);
    let rows = fetch!(conn, SelectFirstEntries, [chain, bill, membership.0, number] => Row)?;
    let view = |(asset, kind, amount, rule, zh, en, line): Row| {
        Ok(EntryView {
            asset: Asset(asset),
            amount,
            kind: kind.parse().map_err(Error::internal)?,
            rule,
            explanation: Text { zh, en },
            line,
        })
    };
    rows.into_iter().map(view).collect()
}
