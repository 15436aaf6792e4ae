//! Who is in a segment: counted and shown before anything is done with them.

use super::document::Row;
use super::filter::{self, Filter};
use crate::Engine;
use crate::actor::Actor;
use crate::archive::customer::view;
use crate::archive::{CustomerView, row as people};
use crate::each;
use crate::error::Result;
use crate::identity::{Action, StoreScope};
use crate::input::not_found;
use crate::keys::ChainKeys;
use crate::page::{Page, PageArgs};
use crate::resource::VersionedRow;
use crate::store::dynamic::Dynamic;
use crate::store::{Conn, Id};
use cardea_domain::id::{ChainId, CustomerId, SegmentId};
use cardea_domain::segment::SegmentRules;
use cardea_domain::{Day, Instant, Refusal};
use diesel::RunQueryDsl;
use diesel::sql_types::{BigInt, Binary};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Rules to try before they are saved.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SegmentPreview {
    pub rules: SegmentRules,
    /// Most customers shown, 1–200; 50 if absent.
    pub limit: Option<u32>,
}

/// Who is meant, of the customers of the reader's stores.
#[derive(Clone, Debug)]
pub struct SegmentMembers {
    pub count: i64,
    /// Of them, who agreed to promotions: whom a message would reach.
    pub consenting: i64,
    pub page: Page<CustomerView>,
}

impl Engine {
    /// Who rules mean, as the reader may see them: how many, and the first of them, masked.
    ///
    /// # Errors
    /// `forbidden`, `field_invalid`, `body_invalid` (limit).
    pub fn preview_segment(&self, actor: &Actor, asked: &SegmentPreview) -> Result<SegmentMembers, Refusal> {
        asked.rules.check()?;
        self.meant(actor, &asked.rules, &PageArgs::new(asked.limit, None))
    }

    /// Who is in a segment, a page at a time.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `body_invalid` (limit, cursor).
    pub fn segment_members(&self, actor: &Actor, id: SegmentId, page: &PageArgs) -> Result<SegmentMembers, Refusal> {
        let rules = self.read(actor.chain, |conn| rules(conn, actor.chain, id))?;
        self.meant(actor, &rules, page)
    }

    fn meant(&self, actor: &Actor, rules: &SegmentRules, page: &PageArgs) -> Result<SegmentMembers, Refusal> {
        actor.scope(Action::SegmentRead)?;
        let scope = actor.scope(Action::CustomerRead)?;
        let (limit, after) = (page.limit()?, Id(page.after_id()?.unwrap_or(Uuid::nil())));
        let keys = self.keys().chain(actor.chain);
        let filter = self.filter(actor.chain, &scope, rules, &keys)?;
        Ok(self.read(actor.chain, |conn| {
            let ids = ids(conn, &filter, after, limit as i64 + 1)?;
            let people = people::load(conn, actor.chain, &ids)?;
            let mut views = Vec::with_capacity(people.len());
            for row in people {
                views.push(view(row.contact(&keys)?, row)?);
            }
            views.sort_by_key(|view| view.id);
            let (count, consenting) = count(conn, &filter)?;
            Ok(SegmentMembers {
                count,
                consenting,
                page: Page::cut(views, limit, |view| view.id.to_string()),
            })
        })?)
    }

    pub(super) fn filter(
        &self,
        chain: ChainId,
        scope: &StoreScope,
        rules: &SegmentRules,
        keys: &ChainKeys,
    ) -> Result<Filter> {
        let today = self.day_of(chain, self.clock().business(chain))?;
        Ok(Filter::of(chain, scope).meaning(rules, keys, today))
    }

    fn day_of(&self, chain: ChainId, at: Instant) -> Result<Day> {
        Ok(self.chain(chain)?.time_zone.day_of(at))
    }
}

/// A segment's rules.
///
/// # Errors
/// `not_found`.
pub(super) fn rules(conn: &mut Conn, chain: ChainId, id: SegmentId) -> Result<SegmentRules> {
    Row::find(conn, chain, Id(id.0))?.ok_or_else(not_found)?.rules()
}

/// Ids after one, in their order.
pub(super) fn ids(conn: &mut Conn, filter: &Filter, after: Id, limit: i64) -> Result<Vec<CustomerId>> {
    let query = filter::page(filter, after, limit);
    let rows: Vec<(Id,)> = each!(conn, c => Dynamic::<(Binary,)>::new(&query.sql, &query.binds).load(c)?);
    Ok(rows.into_iter().map(|(id,)| id.typed()).collect())
}

/// How many there are, and how many of them agreed to promotions.
fn count(conn: &mut Conn, filter: &Filter) -> Result<(i64, i64)> {
    let query = filter::count(filter);
    let rows: Vec<(i64, i64)> = each!(conn, c => Dynamic::<(BigInt, BigInt)>::new(&query.sql, &query.binds).load(c)?);
    Ok(rows.first().copied().unwrap_or_default())
}

/// Whether a customer is in one of some segments now; their time is `at`. Checks no permission.
pub(crate) fn is_in_any(
    engine: &Engine,
    chain: ChainId,
    segments: &[SegmentId],
    customer: CustomerId,
    at: Instant,
) -> Result<bool> {
    let (keys, today) = (engine.keys().chain(chain), engine.day_of(chain, at)?);
    engine.read(chain, |conn| {
        for segment in segments {
            let rules = rules(conn, chain, *segment)?;
            let filter = Filter::of(chain, &StoreScope::All).only(customer);
            let filter = filter.meaning(&rules, &keys, today);
            if !ids(conn, &filter, Id(Uuid::nil()), 1)?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    })
}
