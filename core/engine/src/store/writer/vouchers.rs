//! Codes of vouchers in the writer: found by their digest with what was used of them, and saved with the bill.

use super::expect;
use crate::error::{Error, Result};
use crate::store::statement::{Bind, fetch, run, statements};
use crate::store::{Conn, Id};
use cardea_domain::id::*;
use cardea_domain::rows::{Rows, VoucherUseRow};
use cardea_domain::voucher::{UsedVoucher, Voucher};
use cardea_domain::{Day, Text};
use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text as SqlText};

statements! {
    SelectVoucher -> Columns =
        "SELECT v.id, v.kind_id, k.name_zh, k.name_en, k.rules, k.active, \
         CASE WHEN b.blocked THEN 'blocked' ELSE v.state END, v.membership_id, v.issued_on, \
         v.own_amount, v.own_last_day, v.used, k.used, (SELECT COUNT(*) FROM voucher_uses u WHERE u.chain_id = v.chain_id \
         AND u.kind_id = v.kind_id AND u.membership_id = ? AND NOT u.undone) FROM vouchers v \
         JOIN voucher_kinds k ON k.chain_id = v.chain_id AND k.id = v.kind_id \
         LEFT JOIN voucher_batches b ON b.chain_id = v.chain_id AND b.id = v.batch_id \
         WHERE v.chain_id = ? AND v.digest = ?";
    SelectUses -> (Binary, BigInt, Integer) =
        "SELECT v.digest, u.amount, u.position FROM voucher_uses u \
         JOIN vouchers v ON v.chain_id = u.chain_id AND v.id = u.voucher_id \
         WHERE u.chain_id = ? AND u.bill_id = ? AND NOT u.undone ORDER BY u.position";
    SelectUse -> (Binary, Binary, Binary) =
        "SELECT id, voucher_id, kind_id FROM voucher_uses WHERE chain_id = ? AND bill_id = ? AND position = ? AND NOT undone";
    InsertUse = "INSERT INTO voucher_uses (chain_id, id, voucher_id, kind_id, membership_id, bill_id, position, amount, \
        undone) VALUES (?, ?, ?, ?, ?, ?, ?, ?, FALSE)";
    UpdateUse = "UPDATE voucher_uses SET undone = TRUE WHERE chain_id = ? AND id = ?";
    CountVoucher = "UPDATE vouchers SET used = used + ? WHERE chain_id = ? AND id = ?";
    CountKind = "UPDATE voucher_kinds SET used = used + ? WHERE chain_id = ? AND id = ?";
    CountIssued = "UPDATE voucher_kinds SET issued = issued + 1 WHERE chain_id = ? AND id = ?";
    SelectIssued -> (BigInt,) = "SELECT issued FROM voucher_kinds WHERE chain_id = ? AND id = ?";
    InsertVoucher = "INSERT INTO vouchers (chain_id, id, kind_id, serial, digest, sealed, membership_id, store_id, issued_on, \
        own_amount, own_last_day, used, state, bill_id, created_at) \
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 'issued', ?, ?)";
}

type Columns = (
    Binary,
    Binary,
    SqlText,
    SqlText,
    SqlText,
    Bool,
    SqlText,
    Nullable<Binary>,
    Integer,
    Nullable<BigInt>,
    Nullable<Integer>,
    BigInt,
    BigInt,
    BigInt,
);
type Row = (
    Id,
    Id,
    String,
    String,
    String,
    bool,
    String,
    Option<Id>,
    i32,
    Option<i64>,
    Option<i32>,
    i64,
    i64,
    i64,
);

/// The code behind a digest, with what `member` has used of its kind.
pub(crate) fn find(
    conn: &mut Conn,
    chain: ChainId,
    digest: &[u8; 32],
    member: Option<MembershipId>,
) -> Result<Option<Voucher>> {
    let found = fetch!(conn, SelectVoucher, [member, chain, digest] => Row)?.pop();
    found.map(voucher).transpose()
}

fn voucher(row: Row) -> Result<Voucher> {
    let (
        id,
        kind,
        zh,
        en,
        rules,
        active,
        state,
        member,
        issued_on,
        own_amount,
        own_last_day,
        used,
        kind_used,
        by_member,
    ) = row;
    Ok(Voucher {
        id: id.typed(),
        kind: kind.typed(),
        name: Text { zh, en },
        rules: serde_json::from_str(&rules)?,
        active,
        state: state.parse().map_err(Error::internal)?,
        member: member.map(Id::typed),
        issued_on: Day(issued_on),
        own_amount,
        own_last_day: own_last_day.map(Day),
        used,
        kind_used,
        member_used: by_member,
    })
}

/// Codes that paid a part of a sale and don't work again since.
pub(crate) fn used_on(conn: &mut Conn, chain: ChainId, bill: BillId) -> Result<Vec<UsedVoucher>> {
    let mut used = Vec::new();
    for (digest, amount, position) in fetch!(conn, SelectUses, [chain, bill] => (Vec<u8>, i64, i32))? {
        let digest = <[u8; 32]>::try_from(digest.as_slice()).map_err(Error::internal)?;
        let voucher = find(conn, chain, &digest, None)?;
        used.push(UsedVoucher {
            voucher: voucher.ok_or_else(|| Error::internal("a used voucher is missing"))?,
            amount,
            position,
        });
    }
    Ok(used)
}

/// Saves what a decision does to codes.
pub(super) fn save(conn: &mut Conn, chain: ChainId, rows: &Rows) -> Result<()> {
    for used in &rows.voucher_uses {
        insert_use(conn, chain, used)?;
        count(conn, chain, (used.voucher, used.kind), 1)?;
    }
    for (bill, position) in &rows.voucher_undone {
        let found = fetch!(conn, SelectUse, [chain, *bill, *position] => (Id, Id, Id))?.pop();
        let (id, voucher, kind) = found.ok_or_else(|| Error::internal("a voucher's use is missing"))?;
        expect((1, run!(conn, UpdateUse, [chain, id.0])?), "voucher use")?;
        count(conn, chain, (voucher.typed(), kind.typed()), -1)?;
    }
    let booked_at = rows.bills.first().map(|bill| bill.booked_at.0);
    for v in &rows.vouchers {
        expect((1, run!(conn, CountIssued, [chain, v.kind])?), "voucher kind")?;
        let serial = fetch!(conn, SelectIssued, [chain, v.kind] => (i64,))?.pop();
        let (serial,) = serial.ok_or_else(|| Error::internal("a voucher's kind is missing"))?;
        let (digest, sealed) = (Bind::Bytes(&v.digest), Bind::Bytes(&v.sealed));
        let (last, at) = (v.own_last_day.map(|day| day.0), booked_at.unwrap_or_default());
        run!(
            conn,
            InsertVoucher,
            [
                chain,
                v.id,
                v.kind,
                serial,
                digest.clone(),
                sealed.clone(),
                v.membership,
                v.store,
                v.issued_on,
                v.own_amount,
                last,
                v.bill,
                at
            ]
        )?;
    }
    Ok(())
}

fn insert_use(conn: &mut Conn, chain: ChainId, used: &VoucherUseRow) -> Result<()> {
    run!(
        conn,
        InsertUse,
        [
            chain,
            used.id,
            used.voucher,
            used.kind,
            used.membership,
            used.bill,
            used.position,
            used.amount
        ]
    )?;
    Ok(())
}

fn count(conn: &mut Conn, chain: ChainId, (voucher, kind): (VoucherId, VoucherKindId), uses: i64) -> Result<()> {
    expect((1, run!(conn, CountVoucher, [uses, chain, voucher])?), "voucher")?;
    expect((1, run!(conn, CountKind, [uses, chain, kind])?), "voucher kind")
}
