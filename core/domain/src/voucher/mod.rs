//! Vouchers (D-RWD-2): what a kind of them is worth and where it holds, and what a code gives on a bill.

mod code;
mod give_back;
mod rules;

pub use code::{MOST_RANDOM, VoucherCode};
pub use give_back::{Given, UsedVoucher, give_back};
pub use rules::{VoucherRules, Worth};

use crate::calendar::Day;
use crate::error::{Code, Refusal, Text};
use crate::id::{MembershipId, StoreId, VoucherId, VoucherKindId};
use crate::money::{self, Minor, format_minor};
use crate::sale::Line;

/// Thousandths of a piece.
const PIECE: i64 = 1000;

named! {
/// What people have made of a code.
pub enum VoucherState {
    Issued = "issued",
    /// By hand, with a reason.
    Blocked = "blocked",
}
}

/// A code as it stands, with its kind and what was used of both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voucher {
    pub id: VoucherId,
    pub kind: VoucherKindId,
    pub name: Text,
    pub rules: VoucherRules,
    /// Whether its kind is in use.
    pub active: bool,
    pub state: VoucherState,
    /// None: whoever has it.
    pub member: Option<MembershipId>,
    pub issued_on: Day,
    /// In place of the kind's worth: what a return gave back.
    pub own_amount: Option<Minor>,
    /// In place of the kind's last day.
    pub own_last_day: Option<Day>,
    pub used: i64,
    /// Uses of all codes of its kind.
    pub kind_used: i64,
    /// Uses of its kind by the membership on the bill.
    pub member_used: i64,
}

/// Where, when and by whom a code is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    pub store: StoreId,
    /// Business date in the store's zone.
    pub day: Day,
    pub member: Option<MembershipId>,
}

/// A bill to which vouchers are applied one after the other: each works on what those before have left.
#[derive(Clone, Debug)]
pub struct Open<'a> {
    lines: &'a [Line],
    /// Of each line.
    left: Vec<Minor>,
    total: Minor,
    due: Minor,
    minor_units: u32,
}

impl Voucher {
    /// The last day on which it works; None: no end.
    pub fn last_day(&self) -> Option<Day> {
        let after_issue = self.rules.days.and_then(|days| self.issued_on.plus_days(days));
        self.own_last_day
            .or_else(|| self.rules.until.into_iter().chain(after_issue).min())
    }

    /// Whether its window holds on a day.
    pub fn holds_on(&self, day: Day) -> bool {
        self.rules.from.is_none_or(|from| from <= day) && self.last_day().is_none_or(|last| day <= last)
    }

    /// Whether the code works there. Why it doesn't is told to nobody, or codes could be tried out.
    pub fn is_usable(&self, shown: &Shown) -> bool {
        let free = |used: i64, limit: Option<i64>| limit.is_none_or(|limit| used < limit);
        let here = self.rules.stores.is_empty() || self.rules.stores.contains(&shown.store);
        // All are looked at, whichever fails.
        self.active
            & (self.state == VoucherState::Issued)
            & self.member.is_none_or(|member| Some(member) == shown.member)
            & self.holds_on(shown.day)
            & here
            & (self.used < self.rules.uses)
            & free(self.kind_used, self.rules.total_limit)
            & (self.rules.member_limit.is_none() | shown.member.is_some())
            & free(self.member_used, self.rules.member_limit)
    }
}

impl<'a> Open<'a> {
    /// Of a bill's lines and what is let off of them.
    pub fn new(lines: &'a [Line], rounding: Minor, minor_units: u32) -> Self {
        let left: Vec<Minor> = lines.iter().map(|line| line.amount).collect();
        let total = money::sum(left.iter().copied()).unwrap_or(money::LIMIT) - rounding;
        Self {
            lines,
            left,
            total,
            due: total,
            minor_units,
        }
    }

    /// What is still to be paid.
    pub fn due(&self) -> Minor {
        self.due
    }

    /// What a usable code gives on the bill, which it then has.
    ///
    /// # Errors
    /// `voucher_not_applicable`: it works, but not on this bill; says what it wants.
    pub fn apply(&mut self, voucher: &Voucher) -> Result<Minor, Refusal> {
        let rules = &voucher.rules;
        if self.total < rules.minimum && voucher.own_amount.is_none() {
            let (least, total) = (self.money(rules.minimum), self.money(self.total));
            let zh = format!("「{}」满 {least} 可用，本单合计 {total}。", voucher.name.zh);
            let en = format!(
                "“{}” works from {least} on; this bill comes to {total}.",
                voucher.name.en
            );
            return Err(
                Refusal::new(Code::VoucherNotApplicable, zh, en).with(|facts| facts.needed = Some(rules.minimum))
            );
        }
        let covered: Vec<Minor> = match (&rules.worth, voucher.own_amount) {
            (Worth::Item { sku }, None) => self.one_piece(sku),
            _ => self.covered(rules),
        };
        let most: Minor = covered.iter().sum();
        let off = match (&rules.worth, voucher.own_amount) {
            (_, Some(amount)) => amount,
            (Worth::Amount { amount }, None) => *amount,
            (Worth::Percent { off_ppm, most: cap }, None) => {
                money::mul_div(most, *off_ppm, money::ONE).unwrap_or(0).min(*cap)
            }
            (Worth::Item { .. }, None) => most,
        };
        let off = off.min(most).min(self.due);
        if off < 1 {
            let zh = format!("本单没有「{}」可用的商品。", voucher.name.zh);
            let en = format!("Nothing on this bill is covered by “{}”.", voucher.name.en);
            return Err(Refusal::new(Code::VoucherNotApplicable, zh, en));
        }
        for (left, share) in self.left.iter_mut().zip(money::spread(off, &covered)) {
            *left -= share;
        }
        self.due -= off;
        Ok(off)
    }

    fn money(&self, amount: Minor) -> String {
        format_minor(amount, self.minor_units)
    }

    /// What is left of each line that the rules cover; 0 for the others.
    fn covered(&self, rules: &VoucherRules) -> Vec<Minor> {
        let lines = self.lines.iter().zip(&self.left);
        lines
            .map(|(line, left)| if rules.covers(line) { *left } else { 0 })
            .collect()
    }

    /// One piece of the goods, where it costs most; 0 for every other line.
    fn one_piece(&self, sku: &str) -> Vec<Minor> {
        let piece = |(line, left): (&Line, &Minor)| {
            let whole = line.sku == sku && line.quantity >= PIECE;
            let price = money::mul_div(line.amount, PIECE, line.quantity).filter(|_| whole);
            price.unwrap_or(0).min(*left)
        };
        let mut pieces: Vec<Minor> = self.lines.iter().zip(&self.left).map(piece).collect();
        let dearest = pieces.iter().copied().max().unwrap_or(0);
        let at = pieces.iter().position(|piece| *piece == dearest);
        for (i, piece) in pieces.iter_mut().enumerate() {
            if Some(i) != at {
                *piece = 0;
            }
        }
        pieces
    }
}

/// Why the codes of a bill don't work: which of them, and what it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failed {
    /// With what is due without that code, before everything else that pays.
    Unusable {
        at: usize,
        due: Minor,
    },
    NotApplicable {
        at: usize,
        refusal: Box<Refusal>,
    },
}

/// Applies codes in their order; None: nobody has issued it. What each gives.
///
/// # Errors
/// The first that doesn't work: before any that works, but not here.
pub fn apply_all(open: &mut Open, codes: &[Option<Voucher>], shown: &Shown) -> Result<Vec<Minor>, Failed> {
    let (mut amounts, mut unusable, mut elsewhere) = (Vec::new(), None, None);
    for (at, code) in codes.iter().enumerate() {
        let earlier = |kind| codes[..at].iter().flatten().filter(|code| code.kind == kind).count() as i64;
        let usable = code.clone().filter(|code| {
            let before = earlier(code.kind);
            let mut now = code.clone();
            (now.kind_used, now.member_used) = (now.kind_used + before, now.member_used + before);
            now.is_usable(shown)
        });
        let amount = match usable.map(|code| open.apply(&code)) {
            Some(Ok(amount)) => amount,
            Some(Err(refusal)) => {
                elsewhere.get_or_insert((at, refusal));
                0
            }
            None => {
                unusable.get_or_insert(at);
                0
            }
        };
        amounts.push(amount);
    }
    match (unusable, elsewhere) {
        (Some(at), _) => Err(Failed::Unusable { at, due: open.due() }),
        (None, Some((at, refusal))) => Err(Failed::NotApplicable {
            at,
            refusal: Box::new(refusal),
        }),
        (None, None) => Ok(amounts),
    }
}

/// The one answer for every code that doesn't work: unknown, used up, expired, another store's or member's, blocked. `due`
/// is what is to be paid without it, where a bill is paid with it.
pub fn unusable(pointer: &str, due: Option<(Minor, u32)>) -> Refusal {
    let (mut zh, mut en) = (
        "此券码不能使用，请核对后重试，或改用其他方式付款。".to_owned(),
        "This code can't be used. Check it, or pay another way.".to_owned(),
    );
    if let Some((due, minor_units)) = due {
        let due = format_minor(due, minor_units);
        zh = format!("此券码不能使用；不用此券，还应付 {due}。");
        en = format!("This code can't be used; without it {due} are still due.");
    }
    let refusal = Refusal::new(Code::VoucherUnusable, zh, en).at(pointer);
    refusal.with(|facts| facts.due = due.map(|(due, _)| due))
}

#[cfg(test)]
mod tests;
