//! What stores have of a reward beside the chain's stock.

use super::Reward;
use crate::actor::Actor;
use crate::error::Result;
use crate::identity::Action;
use crate::input::{Stored, Written, check_version, field, not_found};
use crate::resource::{VersionedRow, counted};
use crate::store::schema::{reward_stocks, stores};
use crate::store::{Answer, Conn, Id, IdempotencyKey, Tx};
use crate::{Engine, each};
use cardea_domain::Refusal;
use cardea_domain::id::{ChainId, RewardId, StoreId};
use cardea_domain::money::LIMIT;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// What a store has of a reward.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RewardStock {
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    pub stock: i64,
}

/// The stores that count a reward themselves; the others take from the chain's stock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RewardStocks {
    pub items: Vec<RewardStock>,
}

/// A stock-taking, or a delivery.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRewardStock {
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    /// What the store had when it was counted; null: it took from the chain's. Refused `version_conflict` where pieces were
    /// handed out meanwhile.
    #[schema(minimum = 0)]
    pub was: Option<i64>,
    /// Pieces in the store; null: it takes from the chain's stock.
    #[schema(minimum = 0)]
    pub stock: Option<i64>,
}

fn stocks(conn: &mut Conn, chain: ChainId, reward: Id) -> Result<Vec<(Id, i64)>> {
    let own = reward_stocks::chain_id
        .eq(Id::from(chain))
        .and(reward_stocks::reward_id.eq(reward));
    Ok(each!(conn, c => reward_stocks::table
        .select((reward_stocks::store_id, reward_stocks::stock))
        .filter(own)
        .order(reward_stocks::store_id)
        .load(c)?))
}

fn set(tx: &mut Tx<'_>, reward: Id, new: &NewRewardStock) -> Result<()> {
    let chain = Id::from(tx.chain());
    let key = (chain, reward, Id::from(new.store_id));
    let conn = tx.conn();
    let found: Option<i64> = each!(conn, c => reward_stocks::table
        .find(key)
        .select(reward_stocks::stock)
        .get_result(c)
        .optional()?);
    if found != new.was {
        check_version(0, 1)?;
    }
    each!(conn, c => diesel::delete(reward_stocks::table.find(key)).execute(c)?);
    if let Some(stock) = new.stock {
        let row = (
            reward_stocks::chain_id.eq(key.0),
            reward_stocks::reward_id.eq(key.1),
            reward_stocks::store_id.eq(key.2),
            reward_stocks::stock.eq(stock),
        );
        each!(conn, c => diesel::insert_into(reward_stocks::table).values(row).execute(c)?);
    }
    Ok(())
}

impl Engine {
    /// # Errors
    /// `forbidden`, `not_found`.
    pub fn reward_stocks(&self, actor: &Actor, id: RewardId) -> Result<RewardStocks, Refusal> {
        let reward = self.one::<Reward>(actor, id)?;
        let rows = self.read(actor.chain, |conn| stocks(conn, actor.chain, reward.id.into()))?;
        let told = |(store, stock): (Id, i64)| RewardStock {
            store_id: store.typed(),
            stock,
        };
        Ok(RewardStocks {
            items: rows.into_iter().map(told).collect(),
        })
    }

    /// Says how many pieces a store has.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `field_invalid`, `version_conflict`.
    pub async fn set_reward_stock(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: RewardId,
        new: NewRewardStock,
    ) -> Result<Written<RewardStocks>, Refusal> {
        actor.require(Action::RewardWrite, Some(new.store_id))?;
        if new.stock.is_some_and(|stock| !(0..=LIMIT).contains(&stock)) {
            return Err(field(
                "/stock",
                "库存须为不小于 0 的整数",
                "A stock is 0 or more pieces",
            ));
        }
        let work = move |tx: &mut Tx<'_>| {
            let chain = tx.chain();
            let reward = super::Row::find(tx.conn(), chain, id.into())?.ok_or_else(not_found)?;
            if reward.store_id.is_some_and(|store| store != new.store_id.into()) {
                let (zh, en) = (
                    "该礼品不在这家门店的目录中",
                    "The reward isn't in this store's catalogue",
                );
                return Err(field("/store_id", zh, en).into());
            }
            if counted!(tx.conn(), stores, chain, stores::id.eq(Id::from(new.store_id))) == 0 {
                return Err(field("/store_id", "没有这家门店", "There is no such store").into());
            }
            set(tx, id.into(), &new)?;
            let detail = json!({ "store_id": new.store_id, "was": new.was, "stock": new.stock });
            tx.audit("reward.stock", id.0, detail);
            Answer::ok(&Stored::of(id))
        };
        let answered = self.transact(actor, key, "reward.stock", work).await?;
        Written::read(answered, |id| Ok(self.reward_stocks(actor, id.into())?))
    }
}
