//! What members have at the end of a day, by age, and what moved in a period (D-LED-9).

use crate::calendar::{Day, Instant, Zone};
use crate::ledger::EntryKind;
use serde::Serialize;
use utoipa::ToSchema;

/// The end of a day, and from which instants on lots count as young by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cutoff {
    /// First instant after the day.
    pub end: Instant,
    /// Lots opened at the first instant or later are younger than 3 months; then 6, then 12.
    pub bounds: [Instant; 3],
}

impl Cutoff {
    /// A lot opened on the same day three months earlier is three months old. None beyond the calendar.
    pub fn of(zone: Zone, day: Day) -> Option<Self> {
        let back = |months| zone.first_instant_after(day.months_earlier(months)?);
        Some(Self {
            end: zone.first_instant_after(day)?,
            bounds: [back(3)?, back(6)?, back(12)?],
        })
    }
}

/// What is left of lots by their age.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Ages {
    /// Younger than 3 months.
    pub up_to_3_months: i64,
    pub up_to_6_months: i64,
    pub up_to_12_months: i64,
    /// 12 months and older.
    pub older: i64,
}

impl Ages {
    /// Adds to the class with this number, 0 the youngest.
    pub fn add(&mut self, class: i32, amount: i64) {
        let class = match class {
            0 => &mut self.up_to_3_months,
            1 => &mut self.up_to_6_months,
            2 => &mut self.up_to_12_months,
            _ => &mut self.older,
        };
        *class += amount;
    }

    pub fn total(&self) -> i64 {
        self.up_to_3_months + self.up_to_6_months + self.up_to_12_months + self.older
    }
}

named! {
/// Under which heading a movement stands.
pub enum Flow {
    /// Earned, granted, topped up.
    Issued = "issued",
    /// Of what was earned, reversed by returns.
    TakenBack = "taken_back",
    /// Of what was topped up, paid back as money, with what became void by it.
    Refunded = "refunded",
    /// Spent on bills, rewards and services.
    Redeemed = "redeemed",
    /// Of what was spent, reversed by returns and cancellations.
    GivenBack = "given_back",
    /// Ended by time.
    Expired = "expired",
    /// By people, with a reason.
    Adjusted = "adjusted",
    /// Between memberships.
    Transferred = "transferred",
    /// Brought from other systems.
    BroughtIn = "brought_in",
    /// Debts that were let go.
    WrittenOff = "written_off",
}
}

impl Flow {
    pub fn of(kind: EntryKind) -> Self {
        match kind {
            EntryKind::Earn | EntryKind::Bonus | EntryKind::TopUp | EntryKind::Grant => Flow::Issued,
            EntryKind::ClawBack | EntryKind::ClawBackExcess => Flow::TakenBack,
            EntryKind::Refund | EntryKind::Lapse => Flow::Refunded,
            EntryKind::Spend | EntryKind::Redeem | EntryKind::Use => Flow::Redeemed,
            EntryKind::GiveBack => Flow::GivenBack,
            EntryKind::Expire => Flow::Expired,
            EntryKind::Adjust => Flow::Adjusted,
            EntryKind::TransferIn | EntryKind::TransferOut | EntryKind::MergeIn | EntryKind::MergeOut => {
                Flow::Transferred
            }
            EntryKind::Opening => Flow::BroughtIn,
            EntryKind::WriteOff => Flow::WrittenOff,
        }
    }

    /// Over a column: Chinese, English.
    pub fn label(self) -> (&'static str, &'static str) {
        match self {
            Flow::Issued => ("发放", "Issued"),
            Flow::TakenBack => ("退货扣回", "Taken back"),
            Flow::Refunded => ("退款及失效", "Refunded and void"),
            Flow::Redeemed => ("使用", "Redeemed"),
            Flow::GivenBack => ("退货返还", "Given back"),
            Flow::Expired => ("到期", "Expired"),
            Flow::Adjusted => ("人工调整", "Adjusted"),
            Flow::Transferred => ("会员间转移", "Transferred"),
            Flow::BroughtIn => ("期初导入", "Brought in"),
            Flow::WrittenOff => ("欠分核销", "Written off"),
        }
    }
}

/// What moved, by heading: positive to the members.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Flows {
    /// Earned, granted, topped up.
    pub issued: i64,
    /// ≤ 0: of what was earned, reversed by returns.
    pub taken_back: i64,
    /// ≤ 0: of what was topped up, paid back as money, with what became void by it.
    pub refunded: i64,
    /// ≤ 0: spent on bills, rewards and services.
    pub redeemed: i64,
    /// Of what was spent, reversed by returns and cancellations.
    pub given_back: i64,
    /// ≤ 0 unless an end was undone.
    pub expired: i64,
    /// By people, with a reason; either sign.
    pub adjusted: i64,
    /// Between memberships; 0 over all stores.
    pub transferred: i64,
    /// Brought from other systems.
    pub brought_in: i64,
    /// Debts that were let go.
    pub written_off: i64,
}

impl Flows {
    fn heading(&mut self, flow: Flow) -> &mut i64 {
        match flow {
            Flow::Issued => &mut self.issued,
            Flow::TakenBack => &mut self.taken_back,
            Flow::Refunded => &mut self.refunded,
            Flow::Redeemed => &mut self.redeemed,
            Flow::GivenBack => &mut self.given_back,
            Flow::Expired => &mut self.expired,
            Flow::Adjusted => &mut self.adjusted,
            Flow::Transferred => &mut self.transferred,
            Flow::BroughtIn => &mut self.brought_in,
            Flow::WrittenOff => &mut self.written_off,
        }
    }

    pub fn add(&mut self, flow: Flow, amount: i64) {
        *self.heading(flow) += amount;
    }

    /// Adds those of another store.
    pub fn add_all(&mut self, other: &Flows) {
        for (flow, amount) in other.figures() {
            self.add(flow, amount);
        }
    }

    /// Each heading with its figure, in order.
    pub fn figures(mut self) -> impl Iterator<Item = (Flow, i64)> {
        Flow::ALL.iter().map(move |flow| (*flow, *self.heading(*flow)))
    }

    /// By how much the members have more afterwards.
    pub fn total(&self) -> i64 {
        self.figures().map(|(_, amount)| amount).sum()
    }
}
