//! What people book about a membership without a bill: adjustments, transfers, who shares points with whom (D-LED-8), holds
//! (D-LED-3), debts that are let go (D-LED-11), merges of memberships (D-CARD-13). Each loads the membership, decides and books
//! in one command of the writer; the entries stand in the member's statement like any others.

mod adjustment;
mod hold;
mod merge;
mod pool;
mod pool_read;
mod pool_rules;
mod rules;
mod transfer;
mod write_off;

pub use adjustment::{Adjustment, AdjustmentQuery, NewAdjustment};
pub(crate) use hold::end_late_holds;
pub use hold::{HoldQuery, HoldView, NewCapture, NewHold, NewRelease};
pub use merge::{MembershipMerge, MembershipMergeQuery, NewMembershipMerge, UndoMembershipMerge};
pub(crate) use pool::erase_pools;
pub use pool::{NewPool, PoolJoin, PoolLeave};
pub(crate) use pool_read::own_pools;
pub use pool_read::{PoolMember, PoolQuery, PoolView};
pub use pool_rules::PoolRules;
pub use rules::{AdjustmentReason, AdjustmentRules, DebtLimit, RoleLimit, TransferLimit, TransferRules};
pub use transfer::{NewTransfer, Transfer};
pub use write_off::{NewWriteOff, WriteOff};

use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::input::{field, not_found};
use crate::store::schema::stores;
use crate::store::writer::ledger::{MemberNeed, Needs};
use crate::store::writer::load;
use crate::store::{Id, Tx};
use crate::{Engine, each};
use cardea_domain::id::{MembershipId, StoreId};
use cardea_domain::ledger::{Asset, Member};
use cardea_domain::sale::Context;
use cardea_domain::{Code, Refusal, Zone};
use diesel::prelude::*;

/// Points, where nothing is said.
fn points() -> Asset {
    Asset::points()
}

/// Where something is booked, and by which configuration of the membership's program.
fn context(engine: &Engine, actor: &Actor, membership: MembershipId, store: StoreId) -> Result<Context, Refusal> {
    let chain = actor.chain;
    let head = engine.read(chain, |conn| load::member_head(conn, chain, membership))?;
    let head = head.ok_or_else(not_found)?;
    let found: Option<(String, bool)> = engine.read(chain, |conn| {
        let own = stores::table.find((Id::from(chain), Id::from(store)));
        Ok(each!(conn, c => own.select((stores::time_zone, stores::active)).get_result(c).optional()?))
    })?;
    let Some((zone, active)) = found else {
        return Err(Refusal::new(Code::NotFound, "没有这家门店", "There is no such store").at("/store_id"));
    };
    if !active {
        return Err(field("/store_id", "门店已停业", "The store is closed"));
    }
    let now = engine.clock().business(chain);
    let configuration = engine.configuration_at(chain, head.program, now)?;
    Ok(Context {
        staff: actor.staff,
        now,
        judged_at: now,
        store,
        zone: zone.parse::<Zone>().map_err(Error::internal)?,
        minor_units: engine.chain(chain)?.minor_units,
        configuration: configuration.id,
        terms: configuration.terms.clone(),
        ladder: configuration.ladder.clone(),
    })
}

/// The same as of the writer's now.
fn now(context: &Context, tx: &Tx<'_>) -> Context {
    let now = tx.business_now();
    Context {
        now,
        judged_at: now,
        ..context.clone()
    }
}

/// A membership with its accounts, as the writer sees it.
fn member(tx: &mut Tx<'_>, id: MembershipId) -> Result<Member> {
    let chain = tx.chain();
    let needs = Needs {
        members: vec![MemberNeed {
            id,
            figures: None,
            upgrades: false,
        }],
        ..Needs::default()
    };
    let mut state = load::load(tx.conn(), chain, &needs)?;
    Ok(state.take(Some(id)).ok_or_else(not_found)?)
}
