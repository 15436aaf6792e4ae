//! What a member may spend beside their own points: the family pool's (D-LED-8), on its way to the writer.

use super::desk::{Desk, stale};
use crate::error::Result;
use crate::store::writer::ledger::{MemberNeed, Needs, State};
use crate::store::writer::pools::{self, PoolNeed};
use cardea_domain::id::*;
use cardea_domain::ledger::{Asset, Member};
use cardea_domain::sale::{Context, FromPool, Lent, LentFor, Pool, PoolAsOf, PoolDraw, SaleRecord};
use cardea_domain::{Code, Instant, Points, Refusal, Text};

/// A spender's pool as it was found; nothing where there is none.
#[derive(Clone, Default)]
pub(super) struct Purse(Option<Found>);

#[derive(Clone)]
struct Found {
    of: MembershipId,
    at: Instant,
    pool: Pool,
}

impl Purse {
    /// Looks for the pool as of `at`. An import has none: what it books of long ago was nobody else's.
    pub fn find(desk: &Desk, of: MembershipId, at: Instant, trusted: bool) -> Result<Self> {
        if trusted {
            return Ok(Self::default());
        }
        let chain = desk.chain();
        let need = PoolNeed { of, at };
        let pool = desk.engine.read(chain, |conn| pools::pool(conn, chain, &need))?;
        Ok(Self(pool.map(|pool| Found { of, at, pool })))
    }

    /// What the others have for the member, before the writer has the word.
    pub fn spendable(&self, desk: &Desk, member: &Member, context: &Context) -> Result<Points> {
        let Some(found) = &self.0 else { return Ok(0) };
        let chain = desk.chain();
        let others = desk
            .engine
            .read(chain, |conn| pools::lenders(conn, chain, found.of, &found.pool))?;
        Ok(found.pool.spendable(member, &others, PoolAsOf::of(context)))
    }

    /// Adds the pool to what is loaded, whoever of it is named already once.
    pub fn need(&self, needs: &mut Needs) {
        let Some(found) = &self.0 else { return };
        needs.pool_of = Some(PoolNeed {
            of: found.of,
            at: found.at,
        });
        let known: Vec<MembershipId> = needs.members.iter().map(|need| need.id).collect();
        let more = pools::others(&found.pool, found.of).filter(|id| !known.contains(id));
        let more: Vec<MemberNeed> = more.map(pools::need).collect();
        needs.members.extend(more);
    }

    /// # Errors
    /// `busy` where somebody has joined or left since.
    pub fn check(&self, state: &State) -> Result<(), Refusal> {
        let Some(found) = &self.0 else { return Ok(()) };
        let now = state.pool.as_ref().map(|pool| &pool.members);
        if now == Some(&found.pool.members) {
            Ok(())
        } else {
            Err(stale())
        }
    }
}

/// What the others in the loaded pool have for the member.
pub(super) fn shared(state: &State, member: &Member, context: &Context) -> Points {
    let pool = state.pool.as_ref();
    pool.map_or(0, |pool| pool.spendable(member, &state.members, PoolAsOf::of(context)))
}

/// Lends what the member lacks of `needed` out of the loaded pool.
///
/// # Errors
/// As [`Pool::lend`].
pub(super) fn lend(
    state: &mut State,
    member: &mut Member,
    needed: Points,
    to: LentFor,
    context: &Context,
    ids: &mut dyn NewIds,
) -> Result<Lent, Refusal> {
    let State { pool, members, .. } = state;
    match pool {
        Some(pool) => pool.lend((member, members), needed, to, context, ids),
        None => Ok(Lent::default()),
    }
}

/// The refusal of a member whose points and whose pool's are too few together: it names both.
pub(super) fn short(refusal: Refusal, own: Points, shared: Points) -> Refusal {
    let needed = refusal.facts.needed.unwrap_or_default();
    if refusal.code != Code::InsufficientPoints || shared == 0 || own < 0 {
        return refusal;
    }
    let all = own + shared;
    let missing = needed - all;
    let detail = Text::new(
        format!("需要{needed}分，本人可用{own}分，家庭积分池可用{shared}分，还差{missing}分。"),
        format!("{needed} points are needed: {own} of their own and {shared} of the family pool, {missing} missing."),
    );
    Refusal { detail, ..refusal }.with(|facts| facts.available = Some(all))
}

/// Points that could be spent then.
pub(super) fn own(member: &Member, at: Instant) -> Points {
    member.spendable(&Asset::points(), at)
}

/// What the answer says of it.
pub(super) fn told(from: &FromPool) -> Option<FromPool> {
    Some(from.clone()).filter(|from| from.points > 0)
}

/// Brings what a return or cancelling passes on back to those who had lent it.
///
/// # Errors
/// `busy` where one of them wasn't loaded.
pub(super) fn take_home(
    state: &mut State,
    (record, passed): (&SaleRecord, &[PoolDraw]),
    to: LentFor,
    context: &Context,
    (rows, ids): (&mut cardea_domain::rows::Rows, &mut dyn NewIds),
) -> Result<(), Refusal> {
    if passed.iter().any(|draw| !state.members.contains_key(&draw.lender)) {
        return Err(stale());
    }
    cardea_domain::sale::take_home(&mut state.members, (record, passed), to, context, (rows, ids))
}

/// The lenders of a bill, to be loaded with it.
pub(super) fn lenders_of(record: &SaleRecord) -> Vec<MembershipId> {
    let mut lenders: Vec<MembershipId> = record.pool_draws.iter().map(|draw| draw.lender).collect();
    lenders.sort_unstable();
    lenders.dedup();
    lenders
}

/// Adds lenders to what is loaded, whoever is named already once.
pub(super) fn need_lenders(lenders: &[MembershipId], needs: &mut Needs) {
    for id in lenders {
        if needs.members.iter().all(|need| need.id != *id) {
            needs.members.push(pools::need(*id));
        }
    }
}
