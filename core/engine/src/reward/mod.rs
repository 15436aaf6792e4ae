//! Rewards: the catalogue that points are exchanged for (D-RET-3), of one store or of the whole chain.

mod claim;
mod stock;

pub(crate) use claim::not_fetched;
pub use claim::{ClaimQuery, CollectReward, ReadyReward, RewardClaim};
pub use stock::{NewRewardStock, RewardStock, RewardStocks};

use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::identity::Action;
use crate::input::{self, clearable, exists, field};
use crate::page::PageArgs;
use crate::resource::{Listed, Resource, counted, listed, versioned, wanted};
use crate::store::schema::{programs, rewards, stores};
use crate::store::{Conn, Id, Tx};
use crate::{Engine, each};
use cardea_domain::id::{ProgramId, RewardId, StoreId};
use cardea_domain::money::{LIMIT, Points};
use cardea_domain::sale::RewardRules;
use cardea_domain::{Refusal, Text};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReward {
    #[schema(value_type = Uuid)]
    pub program_id: ProgramId,
    /// null: offered in all stores.
    #[schema(value_type = Option<Uuid>)]
    pub store_id: Option<StoreId>,
    /// Unique in the program.
    #[schema(example = "umbrella", pattern = r"^[A-Za-z0-9._\-]{1,32}$", max_length = 32)]
    pub code: String,
    pub name: Text,
    /// Price in points.
    #[schema(value_type = i64, minimum = 1, example = 500)]
    pub points: Points,
    /// Pieces left; null: not counted. Stores may count their own beside it.
    #[schema(minimum = 0)]
    pub stock: Option<i64>,
    /// When and for whom; absent: always and for everybody.
    #[serde(default)]
    pub rules: RewardRules,
}

/// Absent fields stay as they are.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RewardChange {
    pub name: Option<Text>,
    #[schema(value_type = Option<i64>, minimum = 1)]
    pub points: Option<Points>,
    /// null: not counted.
    #[serde(default, deserialize_with = "clearable")]
    #[schema(value_type = Option<i64>, minimum = 0)]
    pub stock: Option<Option<i64>>,
    pub rules: Option<RewardRules>,
    pub active: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Reward {
    #[schema(value_type = Uuid)]
    pub id: RewardId,
    #[schema(value_type = Uuid)]
    pub program_id: ProgramId,
    /// null: offered in all stores.
    #[schema(value_type = Option<Uuid>)]
    pub store_id: Option<StoreId>,
    pub code: String,
    pub name: Text,
    /// Price in points.
    #[schema(value_type = i64)]
    pub points: Points,
    /// Pieces left; null: not counted. Stores may count their own beside it (`GET /rewards/{id}/stocks`).
    pub stock: Option<i64>,
    pub rules: RewardRules,
    pub active: bool,
    /// Rises with every change; the ETag.
    pub version: i64,
}

#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RewardQuery {
    /// Only those of this program.
    #[param(value_type = Option<Uuid>)]
    pub program_id: Option<ProgramId>,
    /// Only what can be had in this store.
    #[param(value_type = Option<Uuid>)]
    pub store_id: Option<StoreId>,
    /// true: only what is in use, false: only what is archived.
    pub active: Option<bool>,
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

impl Listed for RewardQuery {
    fn page(&self) -> PageArgs {
        PageArgs::new(self.limit, self.after.as_deref())
    }
}

#[derive(Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = rewards, primary_key(chain_id, id), treat_none_as_null = true)]
pub struct Row {
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
    rules: String,
}

versioned!(Row of rewards as "reward");

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

/// Rules in the form in which they are kept.
fn check_rules(rules: &RewardRules) -> Result<String, Refusal> {
    let mut rules = rules.clone();
    rules.weekdays.sort_unstable();
    rules.weekdays.dedup();
    rules.check("/rules")?;
    serde_json::to_string(&rules).map_err(|e| Error::from(e).into())
}

/// Program and store exist, and the code is free.
fn check_new(conn: &mut Conn, row: &Row) -> Result<()> {
    let program = programs::table
        .find((row.chain_id, row.program_id))
        .select(programs::version);
    if each!(conn, c => program.get_result::<i64>(c).optional()?).is_none() {
        return Err(field("/program_id", "没有这个会员计划", "There is no such program").into());
    }
    if let Some(store) = row.store_id
        && counted!(conn, stores, row.chain_id, stores::id.eq(store)) == 0
    {
        return Err(field("/store_id", "没有这家门店", "There is no such store").into());
    }
    let same = rewards::program_id.eq(row.program_id).and(rewards::code.eq(&row.code));
    match counted!(conn, rewards, row.chain_id, same) {
        0 => Ok(()),
        _ => Err(exists("/code").into()),
    }
}

/// Every redemption of a counted reward is a new version too, so that a stock-taking never overwrites what was handed out
/// meanwhile.
impl Resource for Reward {
    type Row = Row;
    type New = NewReward;
    type Change = RewardChange;
    type Filter = RewardQuery;

    const READ: Action = Action::RewardRead;
    const WRITE: Action = Action::RewardWrite;

    fn version(&self) -> i64 {
        self.version
    }

    async fn draft(_: &Engine, actor: &Actor, new: NewReward) -> Result<Row, Refusal> {
        let name = input::name_pair(&new.name, "/name")?;
        Ok(Row {
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
            rules: check_rules(&new.rules)?,
        })
    }

    fn apply(row: &mut Row, change: &RewardChange) -> Result<(), Refusal> {
        if let Some(name) = &change.name {
            let name = input::name_pair(name, "/name")?;
            (row.name_zh, row.name_en) = (name.zh, name.en);
        }
        row.points = check_points(change.points.unwrap_or(row.points))?;
        row.stock = check_stock(change.stock.unwrap_or(row.stock))?;
        if let Some(rules) = &change.rules {
            row.rules = check_rules(rules)?;
        }
        row.active = change.active.unwrap_or(row.active);
        Ok(())
    }

    fn check(tx: &mut Tx<'_>, row: &Row, before: Option<&Row>) -> Result<()> {
        match before {
            None => check_new(tx.conn(), row),
            Some(_) => Ok(()),
        }
    }

    fn place(row: &Row) -> Option<StoreId> {
        row.store_id.map(Id::typed)
    }

    fn detail(row: &Row, _: Option<&Row>) -> Value {
        json!({
            "code": row.code, "points": row.points, "stock": row.stock, "rules": row.rules, "active": row.active,
        })
    }

    fn view(row: Row) -> Self {
        Self {
            id: row.id.typed(),
            program_id: row.program_id.typed(),
            store_id: row.store_id.map(Id::typed),
            code: row.code,
            name: Text::new(row.name_zh, row.name_en),
            points: row.points,
            stock: row.stock,
            // They were checked when they were written.
            rules: serde_json::from_str(&row.rules).unwrap_or_default(),
            active: row.active,
            version: row.version,
        }
    }

    fn rows(conn: &mut Conn, actor: &Actor, filter: &RewardQuery, after: Id, limit: i64) -> Result<Vec<Row>> {
        let program = filter.program_id.map_or(Id(Uuid::nil()), Id::from);
        let program = wanted!(filter.program_id, rewards::program_id.eq(program));
        let store = filter.store_id.map_or(Id(Uuid::nil()), Id::from);
        let everywhere = rewards::store_id.is_null();
        let store = wanted!(
            filter.store_id,
            everywhere.or(rewards::store_id.eq(store).assume_not_null())
        );
        let active = wanted!(filter.active, rewards::active.eq(filter.active.unwrap_or_default()));
        Ok(listed!(conn, rewards: Row, actor.chain, after, limit, [program, store, active]))
    }
}

#[cfg(test)]
mod tests;
