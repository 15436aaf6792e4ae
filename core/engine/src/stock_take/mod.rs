//! Stock-takes of signed originals (D-CON-4): what should be there is frozen, filing numbers are ticked, and at the end the
//! differences stand there, with who found them and when.

mod read;
mod row;
mod write;

use cardea_domain::contract::StockOutcome;
use cardea_domain::id::{ContractId, StaffId, StockTakeId, StoreId};
use cardea_domain::{Instant, named};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Whose originals are counted: those of the chain, of a store, or of one custodian (of a store).
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewStockTake {
    /// Absent: of all stores.
    #[schema(value_type = Option<Uuid>)]
    pub store_id: Option<StoreId>,
    /// Absent: of all custodians.
    #[schema(value_type = Option<Uuid>)]
    pub custodian_id: Option<StaffId>,
}

/// A stock-take. Once it is closed nothing of it changes.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StockTake {
    #[schema(value_type = Uuid)]
    pub id: StockTakeId,
    #[schema(value_type = Option<Uuid>)]
    pub store_id: Option<StoreId>,
    #[schema(value_type = Option<Uuid>)]
    pub custodian_id: Option<StaffId>,
    #[schema(value_type = Option<Uuid>)]
    pub begun_by: Option<StaffId>,
    #[schema(value_type = String, format = DateTime)]
    pub begun_at: Instant,
    #[schema(value_type = Option<Uuid>)]
    pub closed_by: Option<StaffId>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub closed_at: Option<Instant>,
    pub counts: StockCounts,
}

/// How many originals there are of what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct StockCounts {
    /// That should have been there at the beginning.
    pub expected: i64,
    /// Nobody has said anything of them yet.
    pub open: i64,
    pub found: i64,
    pub missing: i64,
    pub unexpected: i64,
    pub lent_found: i64,
    pub unknown: i64,
    /// Lent or handed over while the stock was taken.
    pub moved: i64,
}

/// A filing number of a stock-take.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StockItem {
    pub number: String,
    /// Null: no original has this number.
    #[schema(value_type = Option<Uuid>)]
    pub contract_id: Option<ContractId>,
    /// Who kept it.
    #[schema(value_type = Option<Uuid>)]
    pub custodian_id: Option<StaffId>,
    /// Whether it should have been there at the beginning.
    pub expected: bool,
    /// Null: nobody has said anything yet.
    pub outcome: Option<StockOutcome>,
    /// Who ticked it; of what is missing, who closed the stock-take.
    #[schema(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub at: Option<Instant>,
}

/// A filing number that lies before somebody, scanned or typed.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Tick {
    #[schema(min_length = 1, max_length = 40, example = "JX-2026-0001")]
    pub number: String,
}

/// What a tick came to.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct TickAnswer {
    /// As it is kept: capitals, half width.
    pub number: String,
    pub outcome: StockOutcome,
    /// It was ticked before; the first tick counts.
    pub double: bool,
}

/// Nothing needs to be said of the end.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StockTakeClosing {}

named! {
/// Which filing numbers of a stock-take are wanted.
pub enum StockPart {
    /// Nobody has said anything of them yet.
    Open = "open",
    /// Missing, unexpected, lent and found, unknown.
    Differences = "differences",
}
}

#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StockItemQuery {
    #[param(inline)]
    pub part: Option<StockPart>,
    #[param(inline)]
    pub outcome: Option<StockOutcome>,
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}
