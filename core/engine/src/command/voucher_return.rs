//! What a return gives back of vouchers.

use super::desk::Desk;
use crate::error::Result;
use crate::store::writer::vouchers;
use crate::voucher::Coded;
use cardea_domain::id::*;
use cardea_domain::money::format_minor;
use cardea_domain::rows::{Rows, VoucherRow};
use cardea_domain::sale::{Context, SaleRecord};
use cardea_domain::voucher::{Given, UsedVoucher, give_back};
use cardea_domain::{Minor, Text};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What comes back of a voucher that paid part of the sale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReturnedVoucher {
    /// The code that works again, or the one that is new; `POST /vouchers/{id}/show` tells it. null: nothing comes back.
    #[schema(value_type = Option<Uuid>)]
    pub voucher_id: Option<VoucherId>,
    /// The kind's name.
    pub name: Text,
    /// Whether it is a new code.
    pub new: bool,
    /// What a new code is worth, minor units; 0 otherwise.
    #[schema(value_type = i64)]
    pub amount: Minor,
    /// One sentence for people.
    pub explanation: Text,
}

/// New codes for what a return may give in place of bought vouchers, by position. They are made before the decision, which is
/// pure, and kept only where it wants them.
pub(super) fn spares(desk: &Desk, sale: BillId) -> Result<Vec<(i32, Coded)>> {
    let chain = desk.chain();
    let used = desk.engine.read(chain, |conn| vouchers::used_on(conn, chain, sale))?;
    let keys = desk.engine.keys().chain(chain);
    let bought = used.iter().filter(|used| used.voucher.rules.bought);
    bought.map(|used| Ok((used.position, Coded::new(&keys)?))).collect()
}

/// Adds what comes back of the sale's vouchers to a return's rows.
pub(super) fn decide(
    used: &[UsedVoucher],
    record: &SaleRecord,
    spares: &[(i32, Coded)],
    context: &Context,
    rows: &mut Rows,
) -> Vec<ReturnedVoucher> {
    let Some(progress) = rows.progress.first().cloned() else {
        return Vec::new();
    };
    let returned = |number: i32, before: i64| {
        let now = progress.lines.iter().find(|(line, _)| *line == number);
        now.map_or(before, |(_, now)| *now)
    };
    let lines = record.lines.iter();
    let nothing_kept = lines
        .into_iter()
        .all(|line| returned(line.number, line.returned) >= line.quantity);
    let today = context.zone.day_of(context.now);
    let mut told = Vec::new();
    for used in used {
        let before = record.tenders.iter().find(|tender| tender.position == used.position);
        let before = before.map_or(0, |tender| tender.returned);
        let so_far = progress.tenders.iter().find(|(position, _)| *position == used.position);
        let so_far = so_far.map_or(before, |(_, so_far)| *so_far);
        let given = give_back(used, before, so_far, nothing_kept, today);
        let spare = spares.iter().find(|(position, _)| *position == used.position);
        let voucher_id = match (given, spare, rows.bills.first()) {
            (Given::Again, ..) => {
                rows.voucher_undone.push((record.id, used.position));
                Some(used.voucher.id)
            }
            (Given::Another { amount, last_day }, Some((_, code)), Some(bill)) => {
                rows.vouchers.push(VoucherRow {
                    id: code.id.typed(),
                    kind: used.voucher.kind,
                    digest: code.digest,
                    sealed: code.sealed.clone(),
                    membership: record.membership,
                    store: context.store,
                    issued_on: today,
                    own_amount: amount,
                    own_last_day: last_day,
                    bill: bill.id,
                });
                Some(code.id.typed())
            }
            _ => None,
        };
        told.push(tell(used, given, voucher_id, context.minor_units));
    }
    told
}

fn tell(used: &UsedVoucher, given: Given, voucher_id: Option<VoucherId>, minor_units: u32) -> ReturnedVoucher {
    let name = &used.voucher.name;
    let (amount, zh, en) = match given {
        Given::Again => (
            0,
            format!("「{}」可再次使用。", name.zh),
            format!("“{}” works again.", name.en),
        ),
        Given::Another { amount, .. } => {
            let money = format_minor(amount, minor_units);
            (
                amount,
                format!("「{}」退回 {money}，以新券码发给顾客。", name.zh),
                format!("{money} of “{}” come back as a new code.", name.en),
            )
        }
        Given::Nothing => (
            0,
            format!("「{}」不退回。", name.zh),
            format!("Nothing of “{}” comes back.", name.en),
        ),
    };
    ReturnedVoucher {
        voucher_id,
        name: name.clone(),
        new: matches!(given, Given::Another { .. }),
        amount,
        explanation: Text::new(zh, en),
    }
}
