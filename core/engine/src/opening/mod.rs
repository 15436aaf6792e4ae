//! What members had in another system, from a spreadsheet (D-LED-12): cards, points with lots, stored value, passes.
//!
//! A file has one row per lot; the member's columns are repeated on each, or left empty after the first (an empty cell says
//! nothing). It isn't kept: whoever tries it or books it sends it along, with the control totals that it must come to.
//!
//! "All or nothing" holds without one long transaction, for which tills would wait: every row is judged and the totals are
//! compared before the first one is booked. Then members go in some at a time, each whole, at bulk priority, and how far the
//! file is stands in its row, written with them. A run that was stopped goes on when the same file is sent again: it is
//! known by its hash, and what is booked already isn't booked twice. Undo closes every membership by one statement, or none
//! where one of them has moved since, and books the opposite entries afterwards.

mod book;
mod column;
mod group;
mod look;
mod people;
mod plan;
mod read;
mod row;
mod undo;

use crate::Engine;
use crate::actor::Actor;
use crate::error::Result;
use crate::identity::Action;
use crate::input::not_found;
use crate::page::{Page, PageArgs};
use crate::store::Id;
use cardea_domain::id::{MembershipId, OpeningId, StaffId, StoreId};
use cardea_domain::{Code, Instant, Refusal, Text, named};
use row::OpeningRow;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

named! {
/// How far a file of opening balances is.
pub enum OpeningState {
    /// Some of its members are booked. Where it stands still, the same file goes on with it.
    Running = "running",
    Done = "done",
    Undoing = "undoing",
    Undone = "undone",
}
}

/// What a file comes to. Money in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct OpeningTotals {
    #[schema(example = 1250)]
    pub memberships: i64,
    #[schema(example = 386_400)]
    pub points: i64,
    /// Of stored value, what was paid for.
    #[schema(example = 12_500_000)]
    pub principal: i64,
    #[schema(example = 800_000)]
    pub bonus: i64,
    #[schema(example = 940)]
    pub sessions: i64,
}

/// What is said beside a file.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OpeningQuery {
    /// The file's name, at most 200 characters.
    #[param(example = "balances.csv")]
    pub name: String,
    /// Where members without a store of their own come to.
    #[param(value_type = Uuid)]
    pub store_id: StoreId,
    /// Control totals: memberships in the file.
    pub memberships: i64,
    /// Points in all.
    pub points: i64,
    /// Principal of stored value, minor units.
    pub principal: i64,
    /// Bonus value, minor units.
    pub bonus: i64,
    /// Sessions of passes.
    pub sessions: i64,
}

impl OpeningQuery {
    fn totals(&self) -> OpeningTotals {
        OpeningTotals {
            memberships: self.memberships,
            points: self.points,
            principal: self.principal,
            bonus: self.bonus,
            sessions: self.sessions,
        }
    }
}

/// What is wrong in a row, or worth knowing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct OpeningRemark {
    /// Row of the file, from 1.
    #[schema(example = 17)]
    pub line: i64,
    /// The column, from 0; null: the row as a whole.
    pub column: Option<i32>,
    /// What stands over the column.
    #[schema(example = "手机")]
    pub title: Option<String>,
    pub detail: Text,
}

/// What booking a file would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct OpeningCheck {
    /// Rows with anything in them.
    pub rows: i64,
    /// What each column of the file was read as, by the names of the guide; null: it is left out.
    pub columns: Vec<Option<String>>,
    pub given: OpeningTotals,
    /// Of the rows that can be read.
    pub found: OpeningTotals,
    /// Whether the file can be booked: no faults, and totals that match.
    pub ready: bool,
    /// Members who become new customers.
    pub new_customers: i64,
    /// The first 500, in the file's order.
    pub faults: Vec<OpeningRemark>,
    pub fault_count: i64,
    /// What is booked all the same; the first 500.
    pub warnings: Vec<OpeningRemark>,
    pub warning_count: i64,
    /// The file, where it is booked already.
    #[schema(value_type = Option<Uuid>)]
    pub known_as: Option<OpeningId>,
}

/// A file of opening balances.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Opening {
    #[schema(value_type = Uuid)]
    pub id: OpeningId,
    pub name: String,
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    pub state: OpeningState,
    pub rows: i64,
    /// What it comes to, as it was said and found.
    pub totals: OpeningTotals,
    /// Memberships that are made; while it is taken back, those that are left.
    pub done: i64,
    pub warnings: i64,
    #[schema(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Instant,
    /// Rises with every change; the ETag.
    pub version: i64,
}

/// A membership that a file has made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct OpeningMember {
    /// Its first row in the file, from 1.
    pub line: i64,
    #[schema(value_type = Uuid)]
    pub membership_id: MembershipId,
    /// Whether anything has happened with it since: then the file can't be taken back.
    pub moved: bool,
    pub undone: bool,
}

#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OpeningMemberQuery {
    /// Only those that have moved since.
    #[serde(default)]
    pub moved: bool,
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

/// Nothing is said.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UndoOpening {}

/// A name over each figure: Chinese, English, and on the wire.
const FIGURES: [(&str, &str, &str); 5] = [
    ("会籍数", "memberships", "memberships"),
    ("积分", "points", "points"),
    ("储值本金", "principal", "principal"),
    ("赠送金", "bonus", "bonus"),
    ("次数", "sessions", "sessions"),
];

impl OpeningTotals {
    fn figures(&self) -> [i64; 5] {
        [self.memberships, self.points, self.principal, self.bonus, self.sessions]
    }
}

fn view(row: OpeningRow) -> Opening {
    Opening {
        id: row.id.typed(),
        store_id: row.store_id.typed(),
        state: row.state.0,
        rows: row.rows_total,
        totals: row.totals(),
        done: row.members_done,
        warnings: row.warnings,
        staff_id: row.staff_id.map(Id::typed),
        created_at: Instant(row.created_at),
        version: row.version,
        name: row.name,
    }
}

impl Engine {
    /// Files of opening balances, newest first.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (limit, cursor).
    pub fn openings(&self, actor: &Actor, page: &PageArgs) -> Result<Page<Opening>, Refusal> {
        actor.require(Action::ImportRun, None)?;
        let (limit, before) = (page.limit()?, Id(page.after_id()?.unwrap_or(Uuid::max())));
        let rows = self.read(actor.chain, |conn| {
            row::select(conn, actor.chain, before, limit as i64 + 1)
        })?;
        let views = rows.into_iter().map(view).collect();
        Ok(Page::cut(views, limit, |opening: &Opening| opening.id.to_string()))
    }

    /// One file.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub fn opening(&self, actor: &Actor, id: OpeningId) -> Result<Opening, Refusal> {
        actor.require(Action::ImportRun, None)?;
        Ok(self.opening_view(actor, id.into())?)
    }

    fn opening_view(&self, actor: &Actor, id: Id) -> Result<Opening> {
        let row = self.read(actor.chain, |conn| row::find(conn, actor.chain, id))?;
        Ok(view(row.ok_or_else(not_found)?))
    }

    /// The memberships that a file has made, in its order.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `body_invalid` (limit, cursor).
    pub fn opening_members(
        &self,
        actor: &Actor,
        id: OpeningId,
        query: &OpeningMemberQuery,
    ) -> Result<Page<OpeningMember>, Refusal> {
        actor.require(Action::ImportRun, None)?;
        let page = PageArgs::new(query.limit, query.after.as_deref());
        let limit = page.limit()?;
        let wrong = |_| {
            let (zh, en) = ("after 不是有效的游标", "after isn't a cursor");
            Refusal::new(Code::BodyInvalid, zh, en).at("/after")
        };
        let after: i64 = page.after.as_deref().map_or(Ok(0), str::parse).map_err(wrong)?;
        let found = self.read(actor.chain, |conn| {
            row::find(conn, actor.chain, id.into())?.ok_or_else(not_found)?;
            row::members(conn, (actor.chain, id), query.moved, after, limit as i64 + 1)
        })?;
        Ok(Page::cut(found, limit, |member| member.line.to_string()))
    }
}
