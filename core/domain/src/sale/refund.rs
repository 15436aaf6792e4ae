//! The money of a return: which lines, how much, and through which tenders.

use super::bill::field;
use super::kept::part_of;
use super::returns::ReturnLine;
use super::{RecordedLine, RecordedTender, SaleRecord};
use crate::error::{Code, Refusal};
use crate::money::{Minor, Points, mul_div};

/// The lines of a sale after a return: how much of each has been returned so far. Nothing named: everything.
///
/// # Errors
/// `field_invalid` for a line that the sale doesn't have, one named twice, or a quantity below one thousandth;
/// `already_returned` for more than is left, or when nothing is left.
pub(super) fn lines_after(record: &SaleRecord, wanted: &[ReturnLine]) -> Result<Vec<RecordedLine>, Refusal> {
    let mut lines = record.lines.clone();
    if lines.iter().all(|line| line.returned >= line.quantity) {
        let zh = format!("小票{}的商品已全部退完。", record.key.receipt);
        let en = format!("Everything on receipt {} has been returned.", record.key.receipt);
        return Err(Refusal::new(Code::AlreadyReturned, zh, en));
    }
    if wanted.is_empty() {
        lines.iter_mut().for_each(|line| line.returned = line.quantity);
        return Ok(lines);
    }
    for (i, want) in wanted.iter().enumerate() {
        let Some(line) = lines.iter_mut().find(|line| line.number == want.line) else {
            return Err(field(
                format!("/lines/{i}/line"),
                "小票上没有这一行",
                "isn't a line of the sale",
            ));
        };
        if wanted[..i].iter().any(|earlier| earlier.line == want.line) {
            return Err(field(format!("/lines/{i}/line"), "同一行只能写一次", "is named twice"));
        }
        if want.quantity < 1 {
            return Err(field(
                format!("/lines/{i}/quantity"),
                "数量至少为千分之一",
                "must be at least one thousandth",
            ));
        }
        let left = line.quantity - line.returned;
        if want.quantity > left {
            let (zh, en) = (
                format!("第{}行只剩{}可退。", want.line, quantity(left)),
                format!("Line {} has {} left to return.", want.line, quantity(left)),
            );
            return Err(Refusal::new(Code::AlreadyReturned, zh, en).at(format!("/lines/{i}/quantity")));
        }
        line.returned += want.quantity;
    }
    Ok(lines)
}

fn quantity(thousandths: i64) -> String {
    crate::money::format_ppm(thousandths.saturating_mul(1000))
}

/// What has been given back of a sale so far, this return included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refund {
    /// Through all tenders.
    pub money: Minor,
    /// Through tenders of money.
    pub paid: Minor,
    /// Per tender, in the record's order.
    pub tenders: Vec<Minor>,
    /// Of the points spent on it.
    pub points: Points,
}

impl Refund {
    /// So far of each tender floor(tender × money returned / money of the bill), everything when nothing is kept; the
    /// rest of the money goes to the last tender of money.
    pub(super) fn so_far(record: &SaleRecord, after: &[RecordedLine]) -> Self {
        let bill: Minor = after.iter().map(|line| line.amount).sum();
        let returned: Minor = after
            .iter()
            .map(|line| part_of(line.amount, line.returned, line.quantity))
            .sum();
        // Where everything is back the shares are whole; a bill of nothing has nothing to give.
        let share = |whole: i64| mul_div(whole, returned, bill).unwrap_or(0);
        let money = share(record.total);
        let mut tenders: Vec<Minor> = record.tenders.iter().map(|tender| share(tender.amount)).collect();
        let mut rest = money - tenders.iter().sum::<Minor>();
        for i in last_money_first(&record.tenders) {
            // No tender gives back more than was paid through it.
            let more = rest.min(record.tenders[i].amount - tenders[i]);
            tenders[i] += more;
            rest -= more;
        }
        never_less_than_before(&record.tenders, &mut tenders);
        let of_money = |(tender, _): &(&RecordedTender, &Minor)| tender.kind.is_money();
        let paid = record
            .tenders
            .iter()
            .zip(&tenders)
            .filter(of_money)
            .map(|(_, amount)| amount)
            .sum();
        Self {
            money,
            paid,
            tenders,
            points: share(record.spent),
        }
    }
}

/// The rest of an earlier return may leave a tender a minor unit ahead of its share: it then waits, and the others
/// bear the difference, so that the money in hand is always exact.
fn never_less_than_before(recorded: &[RecordedTender], tenders: &mut [Minor]) {
    let mut ahead = 0;
    for (tender, amount) in recorded.iter().zip(tenders.iter_mut()) {
        if *amount < tender.returned {
            ahead += tender.returned - *amount;
            *amount = tender.returned;
        }
    }
    for i in last_money_first(recorded) {
        let less = ahead.min(tenders[i] - recorded[i].returned);
        tenders[i] -= less;
        ahead -= less;
    }
}

/// Tenders of money from the last to the first, vouchers after them, then what isn't money.
fn last_money_first(tenders: &[RecordedTender]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..tenders.len()).rev().collect();
    order.sort_by_key(|i| (!tenders[*i].kind.is_money(), tenders[*i].kind.is_voucher()));
    order
}
