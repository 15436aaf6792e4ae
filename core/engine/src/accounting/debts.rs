//! Memberships that owe what a return took beyond their lots, and since when: the entries tell.

use crate::actor::Actor;
use crate::error::Result;
use crate::identity::Action;
use crate::page::PageArgs;
use crate::store::schema::{accounts, memberships};
use crate::store::statement::{fetch_all, ids, statements};
use crate::store::{Conn, Id};
use crate::{Engine, Page, each};
use cardea_domain::accounting::{is_old, since};
use cardea_domain::id::{ChainId, CustomerId, MembershipId, ProgramId, StoreId};
use cardea_domain::ledger::Asset;
use cardea_domain::{Code, Day, Instant, Refusal, Zone};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Text};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Debts of one read.
const SOME: i64 = 200;

statements! {
    // What an entry did to the debt is what it moved lots by beyond its amount.
    SelectSteps -> (Binary, Text, Binary, BigInt, BigInt) =
        "SELECT e.membership_id, e.asset, e.id, e.occurred_at, CAST(COALESCE((SELECT SUM(l.amount) FROM lots l \
         WHERE l.chain_id = e.chain_id AND l.membership_id = e.membership_id AND l.entry_id = e.id), 0) \
         + COALESCE((SELECT SUM(v.delta) FROM lot_moves v WHERE v.chain_id = e.chain_id AND v.entry_id = e.id), 0) \
         - e.amount AS BIGINT) FROM entries e WHERE e.chain_id = ? AND e.membership_id IN ({})" of "?";
}

#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DebtQuery {
    #[param(value_type = Option<Uuid>)]
    pub program_id: Option<ProgramId>,
    /// Only memberships that this store opened.
    #[param(value_type = Option<Uuid>)]
    pub store_id: Option<StoreId>,
    /// true: only those over 12 months, which may be written off; false: only the others.
    pub old: Option<bool>,
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

/// What a membership owes of an asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Debt {
    #[schema(value_type = Uuid)]
    pub membership_id: MembershipId,
    #[schema(value_type = Uuid)]
    pub program_id: ProgramId,
    /// The store that opened the membership.
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    #[schema(value_type = Option<Uuid>)]
    pub customer_id: Option<CustomerId>,
    /// Number of the membership's first card.
    pub reference: String,
    #[schema(value_type = String, example = "points")]
    pub asset: Asset,
    /// Owed, > 0.
    #[schema(example = 40)]
    pub amount: i64,
    /// Since this day, in the chain's zone.
    #[schema(value_type = String, format = Date)]
    pub since: Day,
    /// Over 12 months: may be written off.
    pub old: bool,
}

#[derive(Clone, Debug, Queryable)]
struct Row {
    membership_id: Id,
    asset: String,
    debt: i64,
    program_id: Id,
    store_id: Id,
    customer_id: Option<Id>,
    reference: String,
}

/// Where a list goes on: after this membership and asset.
type Place = (Id, String);

fn place(after: Option<&str>) -> Result<Place, Refusal> {
    let Some(text) = after else {
        return Ok((Id(Uuid::nil()), String::new()));
    };
    let parts = text.split_once('@');
    let parts = parts.and_then(|(id, asset)| Some((Id(id.parse().ok()?), asset.to_owned())));
    parts.ok_or_else(|| Refusal::new(Code::BodyInvalid, "after 不是有效的游标", "after isn't a cursor").at("/after"))
}

fn load(conn: &mut Conn, chain: ChainId, query: &DebtQuery, (id, asset): &Place) -> Result<Vec<Row>> {
    let own = memberships::chain_id
        .eq(accounts::chain_id)
        .and(memberships::id.eq(accounts::membership_id));
    let after = accounts::membership_id
        .gt(*id)
        .or(accounts::membership_id.eq(*id).and(accounts::asset.gt(asset.clone())));
    Ok(each!(conn, c => {
        let mut found = accounts::table
            .inner_join(memberships::table.on(own))
            .select((
                accounts::membership_id,
                accounts::asset,
                accounts::debt,
                memberships::program_id,
                memberships::store_id,
                memberships::customer_id,
                memberships::reference,
            ))
            .filter(accounts::chain_id.eq(Id::from(chain)).and(accounts::debt.gt(0)).and(after))
            .into_boxed();
        if let Some(program) = query.program_id {
            found = found.filter(memberships::program_id.eq(Id::from(program)));
        }
        if let Some(store) = query.store_id {
            found = found.filter(memberships::store_id.eq(Id::from(store)));
        }
        found.order((accounts::membership_id, accounts::asset)).limit(SOME).load(c)?
    }))
}

/// Since when accounts are in debt.
pub(crate) fn since_when(
    conn: &mut Conn,
    chain: ChainId,
    memberships: impl IntoIterator<Item = MembershipId>,
) -> Result<BTreeMap<(MembershipId, Asset), Instant>> {
    type Step = (Id, String, Id, i64, i64);
    let own: BTreeSet<MembershipId> = memberships.into_iter().collect();
    let steps: Vec<Step> = fetch_all!(conn, SelectSteps, [chain], &ids(own) => Step)?;
    // In the order in which they were booked; a list is filled up with its last item, so some come twice.
    let mut by_account: BTreeMap<(MembershipId, Asset), BTreeMap<Id, (Instant, i64)>> = BTreeMap::new();
    for (membership, asset, entry, at, change) in steps {
        let steps = by_account.entry((membership.typed(), Asset(asset))).or_default();
        steps.insert(entry, (Instant(at), change));
    }
    let found = by_account.into_iter();
    Ok(found
        .filter_map(|(key, steps)| Some((key, since(steps.into_values())?)))
        .collect())
}

impl Row {
    fn debt(self, (zone, today): (Zone, Day), began: &BTreeMap<(MembershipId, Asset), Instant>) -> Debt {
        let key = (self.membership_id.typed(), Asset(self.asset));
        let since = began.get(&key).map_or(today, |at| zone.day_of(*at));
        let (membership_id, asset) = key;
        Debt {
            membership_id,
            program_id: self.program_id.typed(),
            store_id: self.store_id.typed(),
            customer_id: self.customer_id.map(Id::typed),
            reference: self.reference,
            asset,
            amount: self.debt,
            since,
            old: is_old(since, today),
        }
    }
}

impl Engine {
    /// Memberships in debt.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (limit, cursor).
    pub fn debts(&self, actor: &Actor, query: &DebtQuery) -> Result<Page<Debt>, Refusal> {
        actor.require(Action::AccountingRead, None)?;
        let limit = PageArgs::new(query.limit, None).limit()?;
        let mut after = place(query.after.as_deref())?;
        let (day, chain) = (self.business_day(actor.chain)?, actor.chain);
        let found = self.read(chain, |conn| {
            let mut found: Vec<Debt> = Vec::new();
            while found.len() <= limit {
                let rows = load(conn, chain, query, &after)?;
                let more = rows.len() as i64 == SOME;
                let Some(last) = rows.last() else { break };
                after = (last.membership_id, last.asset.clone());
                let began = since_when(conn, chain, rows.iter().map(|row| row.membership_id.typed()))?;
                let debts = rows.into_iter().map(|row| row.debt(day, &began));
                found.extend(debts.filter(|debt| query.old.is_none_or(|old| old == debt.old)));
                if !more {
                    break;
                }
            }
            Ok(found)
        })?;
        Ok(Page::cut(found, limit, |debt| {
            format!("{}@{}", debt.membership_id, debt.asset.0)
        }))
    }
}
