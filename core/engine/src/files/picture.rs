//! Pictures of rewards: small, in clear, and nothing but pixels of what was sent.

use super::thumbnail;
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::identity::Action;
use crate::input::{Stored, Written, field, not_found};
use crate::reward::Reward;
use crate::store::schema::reward_pictures;
use crate::store::{Answer, Id, IdempotencyKey, Tx};
use crate::{Engine, each};
use cardea_domain::id::RewardId;
use cardea_domain::{Instant, Refusal, media};
use diesel::prelude::*;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

/// The picture of a reward, without its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RewardPicture {
    #[schema(value_type = Uuid)]
    pub reward_id: RewardId,
    #[schema(value_type = String, format = DateTime)]
    pub changed_at: Instant,
}

/// A JPEG of at most 320 × 320.
fn small(bytes: &[u8]) -> Result<Vec<u8>, Refusal> {
    let unknown = || {
        field(
            "/content",
            "请上传 JPEG、PNG 或 WebP 图片",
            "Send a JPEG, PNG or WebP picture",
        )
    };
    let kind = media::detect(bytes).ok_or_else(unknown)?;
    thumbnail::of(kind, bytes)?.ok_or_else(unknown)
}

impl Engine {
    /// Gives a reward a picture, in place of the one before.
    ///
    /// # Errors
    /// `forbidden`, `not_found`; `field_invalid` for what is no picture.
    pub async fn set_reward_picture(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: RewardId,
        bytes: Vec<u8>,
    ) -> Result<Written<RewardPicture>, Refusal> {
        let reward = self.one::<Reward>(actor, id)?;
        actor.require(Action::RewardWrite, reward.store_id)?;
        let jpeg = tokio::task::spawn_blocking(move || small(&bytes)).await;
        let jpeg = jpeg.map_err(Error::internal)??;
        let work = move |tx: &mut Tx<'_>| {
            let (chain, now) = (Id::from(tx.chain()), tx.business_now().0);
            let row = (
                reward_pictures::chain_id.eq(chain),
                reward_pictures::reward_id.eq(Id::from(id)),
                reward_pictures::jpeg.eq(&jpeg),
                reward_pictures::changed_at.eq(now),
            );
            let old = reward_pictures::table.find((chain, Id::from(id)));
            each!(tx.conn(), c => diesel::delete(old).execute(c)?);
            each!(tx.conn(), c => diesel::insert_into(reward_pictures::table).values(row).execute(c)?);
            tx.audit("reward.picture", id.0, json!({ "bytes": jpeg.len() }));
            Answer::ok(&Stored::of(id))
        };
        let answered = self.transact(actor, key, "reward.picture", work).await?;
        Written::read(answered, |reward| {
            let (_, changed_at) = self.picture_of(actor, reward.into())?.ok_or_else(not_found)?;
            Ok(RewardPicture {
                reward_id: reward.into(),
                changed_at: Instant(changed_at),
            })
        })
    }

    fn picture_of(&self, actor: &Actor, id: RewardId) -> Result<Option<(Vec<u8>, i64)>> {
        let row = reward_pictures::table.find((Id::from(actor.chain), Id::from(id)));
        let row = row.select((reward_pictures::jpeg, reward_pictures::changed_at));
        self.read(actor.chain, |conn| Ok(each!(conn, c => row.get_result(c).optional()?)))
    }

    /// The picture of a reward, a JPEG.
    ///
    /// # Errors
    /// `forbidden`; `not_found`, also where it has none.
    pub fn reward_picture(&self, actor: &Actor, id: RewardId) -> Result<Vec<u8>, Refusal> {
        actor.scope(Action::RewardRead)?;
        let found = self.picture_of(actor, id)?;
        Ok(found.ok_or_else(not_found)?.0)
    }
}
