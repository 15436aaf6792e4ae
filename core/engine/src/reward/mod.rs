//! Rewards: the catalogue that points are exchanged for (D-RET-3), of one store or of the whole chain.

use crate::actor::Actor;
use crate::error::Result;
use crate::identity::Action;
use crate::input::{self, Stored, Written, check_version, clearable, exists, field, not_found};
use crate::page::{Page, PageArgs};
use crate::store::schema::{programs, rewards, stores};
use crate::store::{Answer, Conn, Id, IdempotencyKey};
use crate::{Engine, each};
use cardea_domain::id::{ChainId, ProgramId, RewardId, StoreId};
use cardea_domain::money::{LIMIT, Points};
use cardea_domain::{Refusal, Text};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewReward {
    pub program_id: ProgramId,
    /// None: every store of the chain.
    #[serde(default)]
    pub store_id: Option<StoreId>,
    /// 1–32 letters, digits, `-`, `_`, `.`; unique in the program.
    pub code: String,
    pub name: Text,
    /// Price, at least 1.
    pub points: Points,
    /// Pieces left, at least 0; None: not counted.
    #[serde(default)]
    pub stock: Option<i64>,
}

/// A change: fields that are missing stay, `null` clears.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RewardPatch {
    pub name: Option<Text>,
    pub points: Option<Points>,
    #[serde(deserialize_with = "clearable")]
    pub stock: Option<Option<i64>>,
    pub active: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RewardView {
    pub id: RewardId,
    pub program_id: ProgramId,
    pub store_id: Option<StoreId>,
    pub code: String,
    pub name: Text,
    pub points: Points,
    pub stock: Option<i64>,
    pub active: bool,
    /// For `If-Match`.
    pub version: i64,
}

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = rewards)]
struct Row {
    chain_id: Id,
    id: Id,
    program_id: Id,
    store_id: Option<Id>,
    code: String,
    name_zh: String,
    name_en: String,
    points: i64,
    stock: Option<i64>,
    active: bool,
    version: i64,
}

impl Row {
    fn find(conn: &mut Conn, chain: ChainId, id: RewardId) -> Result<Self> {
        let found: Option<Self> = each!(conn, c => rewards::table
            .find((Id::from(chain), Id::from(id)))
            .select(Row::as_select())
            .get_result(c)
            .optional()?);
        Ok(found.ok_or_else(not_found)?)
    }

    fn view(self) -> RewardView {
        RewardView {
            id: self.id.typed(),
            program_id: self.program_id.typed(),
            store_id: self.store_id.map(Id::typed),
            code: self.code,
            name: Text::new(self.name_zh, self.name_en),
            points: self.points,
            stock: self.stock,
            active: self.active,
            version: self.version,
        }
    }

    /// Program and store exist, and the code is free.
    fn check_new(&self, conn: &mut Conn) -> Result<()> {
        let program = programs::table
            .find((self.chain_id, self.program_id))
            .select(programs::version);
        if each!(conn, c => program.get_result::<i64>(c).optional()?).is_none() {
            return Err(field("/program_id", "没有这个会员计划", "There is no such program").into());
        }
        if let Some(store) = self.store_id {
            let store = stores::table.find((self.chain_id, store)).select(stores::active);
            if each!(conn, c => store.get_result::<bool>(c).optional()?).is_none() {
                return Err(field("/store_id", "没有这家门店", "There is no such store").into());
            }
        }
        let same = rewards::program_id
            .eq(self.program_id)
            .and(rewards::code.eq(&self.code));
        let same = rewards::table
            .filter(rewards::chain_id.eq(self.chain_id).and(same))
            .count();
        let taken: i64 = each!(conn, c => same.get_result(c)?);
        if taken > 0 { Err(exists("/code").into()) } else { Ok(()) }
    }
}

fn check_points(points: Points) -> Result<Points, Refusal> {
    if (1..=LIMIT).contains(&points) {
        return Ok(points);
    }
    Err(field(
        "/points",
        "积分须为正整数",
        "A price is a positive number of points",
    ))
}

fn check_stock(stock: Option<i64>) -> Result<Option<i64>, Refusal> {
    match stock {
        Some(pieces) if !(0..=LIMIT).contains(&pieces) => Err(field(
            "/stock",
            "库存须为不小于 0 的整数",
            "A stock is 0 or more pieces",
        )),
        other => Ok(other),
    }
}

impl Engine {
    /// # Errors
    /// `forbidden`, `field_invalid`, `already_exists` (code).
    pub async fn create_reward(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        new: NewReward,
    ) -> Result<Written<RewardView>, Refusal> {
        actor.require(Action::RewardWrite, new.store_id)?;
        let name = input::name_pair(&new.name, "/name")?;
        let template = Row {
            chain_id: actor.chain.into(),
            id: Id(Uuid::nil()),
            program_id: new.program_id.into(),
            store_id: new.store_id.map(Into::into),
            code: input::code(&new.code, "/code")?,
            name_zh: name.zh,
            name_en: name.en,
            points: check_points(new.points)?,
            stock: check_stock(new.stock)?,
            active: true,
            version: 1,
        };
        let answered = self
            .transact(actor, key, "reward.create", move |tx| {
                let id = tx.new_id::<RewardId>();
                let row = Row {
                    id: id.into(),
                    ..template.clone()
                };
                row.check_new(tx.conn())?;
                each!(tx.conn(), c => diesel::insert_into(rewards::table).values(&row).execute(c)?);
                tx.audit(
                    "reward.create",
                    id.0,
                    json!({ "code": row.code, "points": row.points, "stock": row.stock }),
                );
                Answer::created(&Stored::of(id))
            })
            .await?;
        Written::read(answered, |id| self.reward_view(actor.chain, id.into()))
    }

    /// One reward.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub fn reward(&self, actor: &Actor, id: RewardId) -> Result<RewardView, Refusal> {
        actor.require(Action::RewardRead, None)?;
        Ok(self.reward_view(actor.chain, id)?)
    }

    fn reward_view(&self, chain: ChainId, id: RewardId) -> Result<RewardView> {
        self.read(chain, |conn| Ok(Row::find(conn, chain, id)?.view()))
    }

    /// Rewards, oldest first; with a store, the ones that can be had there.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (limit, cursor).
    pub fn rewards(
        &self,
        actor: &Actor,
        program: Option<ProgramId>,
        store: Option<StoreId>,
        page: &PageArgs,
    ) -> Result<Page<RewardView>, Refusal> {
        actor.require(Action::RewardRead, None)?;
        let (limit, after) = (page.limit()?, Id(page.after_id()?.unwrap_or(Uuid::nil())));
        let (any_program, program) = (program.is_none(), program.map_or(Id(Uuid::nil()), Id::from));
        let (any_store, store) = (store.is_none(), store.map_or(Id(Uuid::nil()), Id::from));
        let rows: Vec<Row> = self.read(actor.chain, |conn| {
            Ok(each!(conn, c => rewards::table
                .select(Row::as_select())
                .filter(rewards::chain_id.eq(Id::from(actor.chain)).and(rewards::id.gt(after)))
                .filter(any_program.into_sql::<diesel::sql_types::Bool>().or(rewards::program_id.eq(program)))
                .filter(any_store
                    .into_sql::<diesel::sql_types::Bool>()
                    .or(rewards::store_id.is_null())
                    .or(rewards::store_id.eq(store).assume_not_null()))
                .order(rewards::id)
                .limit(limit as i64 + 1)
                .load(c)?))
        })?;
        Ok(Page::cut(rows.into_iter().map(Row::view).collect(), limit, |reward| {
            reward.id.to_string()
        }))
    }

    /// Changes a reward that the client saw at `version`. Every redemption of a counted one is a new version too, so
    /// that a stock-taking never overwrites what was handed out meanwhile.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `version_conflict`, `field_invalid`.
    pub async fn update_reward(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: RewardId,
        version: i64,
        patch: RewardPatch,
    ) -> Result<Written<RewardView>, Refusal> {
        actor.scope(Action::RewardWrite)?;
        let name = patch
            .name
            .as_ref()
            .map(|name| input::name_pair(name, "/name"))
            .transpose()?;
        let points = patch.points.map(check_points).transpose()?;
        let stock = patch.stock.map(check_stock).transpose()?;
        let active = patch.active;
        let answered = self
            .transact(actor, key, "reward.update", move |tx| {
                let chain = tx.chain();
                let old = Row::find(tx.conn(), chain, id)?;
                tx.actor().require(Action::RewardWrite, old.store_id.map(Id::typed))?;
                check_version(old.version, version)?;
                let name = name.clone().unwrap_or(Text::new(old.name_zh, old.name_en));
                let (points, stock) = (points.unwrap_or(old.points), stock.unwrap_or(old.stock));
                let active = active.unwrap_or(old.active);
                let row = rewards::table.find((Id::from(chain), Id::from(id)));
                each!(tx.conn(), c => diesel::update(row)
                    .set((
                        (rewards::name_zh.eq(&name.zh), rewards::name_en.eq(&name.en)),
                        (rewards::points.eq(points), rewards::stock.eq(stock), rewards::active.eq(active)),
                        rewards::version.eq(version + 1),
                    ))
                    .execute(c)?);
                tx.audit(
                    "reward.update",
                    id.0,
                    json!({ "points": points, "stock": stock, "active": active }),
                );
                Answer::ok(&Stored::of(id))
            })
            .await?;
        Written::read(answered, |id| self.reward_view(actor.chain, id.into()))
    }
}

#[cfg(test)]
mod tests;
