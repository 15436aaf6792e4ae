//! Regions (大区): how head office groups stores.

use crate::actor::Actor;
use crate::error::Result;
use crate::identity::Action;
use crate::input::{self, Stored, Written, exists, not_found};
use crate::page::{Page, PageArgs};
use crate::store::schema::regions;
use crate::store::{Answer, Id, IdempotencyKey};
use crate::{Engine, each};
use cardea_domain::Refusal;
use cardea_domain::id::{ChainId, RegionId};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewRegion {
    /// 1–32 letters, digits, `-`, `_`, `.`; unique in the chain.
    pub code: String,
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RegionView {
    pub id: RegionId,
    pub code: String,
    pub name: String,
    pub version: i64,
}

type Row = (Id, String, String, i64);

fn view((id, code, name, version): Row) -> RegionView {
    RegionView {
        id: id.typed(),
        code,
        name,
        version,
    }
}

impl Engine {
    /// # Errors
    /// `forbidden`, `field_invalid`, `already_exists` (code).
    pub async fn create_region(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        new: NewRegion,
    ) -> Result<Written<RegionView>, Refusal> {
        actor.require(Action::StoreWrite, None)?;
        let (code, name) = (input::code(&new.code, "/code")?, input::text(&new.name, 100, "/name")?);
        let answered = self
            .transact(actor, key, "region.create", move |tx| {
                let (chain, id) = (Id::from(tx.chain()), tx.new_id::<RegionId>());
                let same = regions::chain_id.eq(chain).and(regions::code.eq(&code));
                let taken: i64 = each!(tx.conn(), c => regions::table.filter(same).count().get_result(c)?);
                if taken > 0 {
                    return Err(exists("/code").into());
                }
                let row = (
                    regions::chain_id.eq(chain),
                    regions::id.eq(Id::from(id)),
                    (regions::code.eq(&code), regions::name.eq(&name)),
                    regions::version.eq(1),
                );
                each!(tx.conn(), c => diesel::insert_into(regions::table).values(row).execute(c)?);
                tx.audit("region.create", id.0, json!({ "code": code, "name": name }));
                Answer::created(&Stored::of(id))
            })
            .await?;
        Written::read(answered, |id| self.region(actor.chain, id.into()))
    }

    fn region(&self, chain: ChainId, id: RegionId) -> Result<RegionView> {
        let row: Option<Row> = self.read(chain, |conn| {
            Ok(each!(conn, c => regions::table
                .find((Id::from(chain), Id::from(id)))
                .select((regions::id, regions::code, regions::name, regions::version))
                .get_result(c)
                .optional()?))
        })?;
        Ok(view(row.ok_or_else(not_found)?))
    }

    /// Regions, oldest first.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (limit, cursor).
    pub fn regions(&self, actor: &Actor, page: &PageArgs) -> Result<Page<RegionView>, Refusal> {
        actor.require(Action::StoreRead, None)?;
        let (limit, after) = (page.limit()?, Id(page.after_id()?.unwrap_or(Uuid::nil())));
        let rows: Vec<Row> = self.read(actor.chain, |conn| {
            Ok(each!(conn, c => regions::table
                .select((regions::id, regions::code, regions::name, regions::version))
                .filter(regions::chain_id.eq(Id::from(actor.chain)).and(regions::id.gt(after)))
                .order(regions::id)
                .limit(limit as i64 + 1)
                .load(c)?))
        })?;
        Ok(Page::cut(rows.into_iter().map(view).collect(), limit, |region| {
            region.id.to_string()
        }))
    }
}
