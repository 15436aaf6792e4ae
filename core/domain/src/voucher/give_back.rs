//! What a return gives back of vouchers.

use super::Voucher;
use crate::calendar::Day;
use crate::money::Minor;

/// Days that a code at least is good for which a return gives in place of a bought one.
const AT_LEAST: i32 = 30;

/// A code that paid part of a sale, as it stands now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedVoucher {
    pub voucher: Voucher,
    /// What it took off the bill.
    pub amount: Minor,
    /// Position of its tender.
    pub position: i32,
}

/// What comes back of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    Nothing,
    /// The code works once more.
    Again,
    /// Another code of its kind, worth so much and without a least bill, good through the day.
    Another {
        amount: Minor,
        last_day: Option<Day>,
    },
}

/// The house rule. When nothing of the sale is kept, the code works again while its window holds. Short of that a free one
/// gives nothing back, as nothing was paid for it; what a bought one stood for was paid, so its share so far comes as another
/// code, good as long as the first and 30 days at least. `before` and `so_far`: of its tender, with this return.
pub fn give_back(used: &UsedVoucher, before: Minor, so_far: Minor, nothing_kept: bool, today: Day) -> Given {
    let voucher = &used.voucher;
    let bought = voucher.rules.bought;
    let whole = nothing_kept && voucher.holds_on(today) && (!bought || before == 0);
    let share = so_far - before;
    match (whole, bought) {
        (true, _) => Given::Again,
        (false, true) if share > 0 => {
            let last_day = voucher.last_day().map(|last| {
                let later = today.plus_days(AT_LEAST).unwrap_or(last);
                last.max(later)
            });
            Given::Another {
                amount: share,
                last_day,
            }
        }
        (false, _) => Given::Nothing,
    }
}
