//! Returns of goods.

use super::common::{Balance, Entry, Text, Tier};
use super::sales::TenderKind;
use cardea_domain::id::{BillId, StoreId};
use cardea_domain::{Instant, sale};
use cardea_engine::command;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReturnLine {
    /// Line of the sale, from 1.
    #[schema(minimum = 1, example = 1)]
    pub line: i32,
    /// Thousandths.
    #[schema(minimum = 1, example = 1000)]
    pub quantity: i64,
}

/// What comes back. The receipt is the return's own.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReturn {
    /// The store that takes the goods back.
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    #[schema(example = "till")]
    pub source: String,
    #[schema(example = "T1")]
    pub till: String,
    #[schema(example = "0002")]
    pub receipt: String,
    #[schema(value_type = String, format = DateTime)]
    pub occurred_at: Instant,
    /// Empty: everything that is left.
    #[serde(default)]
    pub lines: Vec<ReturnLine>,
    #[schema(example = "颜色不合适")]
    pub reason: String,
}

/// Money to give back.
#[derive(Deserialize, Serialize, ToSchema)]
pub struct ReturnedMoney {
    /// Over all tenders, minor units.
    pub total: i64,
    pub tenders: Vec<ReturnedTender>,
}

#[derive(Deserialize, Serialize, ToSchema)]
pub struct ReturnedTender {
    pub kind: TenderKind,
    /// Money; for `points` what the points stood for.
    pub amount: i64,
}

#[derive(Deserialize, Serialize, ToSchema)]
pub struct ReturnedPoints {
    /// Spent points that go back to their old dates.
    pub given_back: i64,
    /// Of them, to dates that have passed meanwhile: they stay expired.
    pub expired: i64,
    /// Earned points taken back, those owed included.
    pub taken_back: i64,
    /// Of them, not matured yet.
    pub from_maturing: i64,
    /// Of them, not there any more: a debt.
    pub owed: i64,
    /// Beside them, expired unspent: nothing is taken back for them.
    #[serde(default)]
    pub lapsed: i64,
    /// What is taken back of the introducer's reward.
    #[serde(default)]
    pub from_introducer: i64,
}

/// What a return changes.
#[derive(Deserialize, Serialize, ToSchema)]
pub struct ReturnAnswer {
    /// null in a preview.
    #[schema(value_type = Option<Uuid>)]
    pub id: Option<BillId>,
    #[schema(value_type = Uuid)]
    pub sale_id: BillId,
    pub money: ReturnedMoney,
    pub points: ReturnedPoints,
    pub entries: Vec<Entry>,
    /// After the return.
    pub balances: Vec<Balance>,
    pub tier: Option<Tier>,
    /// The tier before, where the return has undone one.
    pub tier_before: Option<Tier>,
    /// What happens, in one sentence.
    pub explanation: Text,
}

impl NewReturn {
    /// The command, for a sale.
    pub fn command(self, sale: BillId) -> command::Command {
        let line = |line: ReturnLine| sale::ReturnLine {
            line: line.line,
            quantity: line.quantity,
        };
        command::Command::Return(command::Return {
            sale,
            store: self.store_id,
            source: self.source,
            till: self.till,
            receipt: self.receipt,
            occurred_at: self.occurred_at,
            lines: self.lines.into_iter().map(line).collect(),
            reason: self.reason,
            trusted: false,
        })
    }
}
