//! What is done with everybody in a segment: a tag, a message. Whoever does it says how many they have seen in the preview;
//! where that is no longer so, nothing is done.

use super::members::{self, rules};
use crate::Engine;
use crate::actor::Actor;
use crate::error::Result;
use crate::identity::{Action, StoreScope};
use crate::input::{field, text};
use crate::store::{Answer, Answered, Id, IdempotencyKey, Lane, Notice, Receiver, Tx};
use crate::tag;
use cardea_domain::id::{CustomerId, SegmentId, TagId};
use cardea_domain::message::MessageKind;
use cardea_domain::{Code, Refusal};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use uuid::Uuid;

/// Customers of one transaction, beside whom tills have their turn.
const SOME: usize = 500;
/// Customers read at a time.
const PAGE: i64 = 5000;
/// Longest title and text of a message, characters.
const LONGEST_TITLE: usize = 60;
const LONGEST_TEXT: usize = 1000;

/// A tag for everybody in a segment.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MassTag {
    #[schema(value_type = Uuid)]
    pub tag_id: TagId,
    /// true: it is taken away.
    #[serde(default)]
    pub remove: bool,
    /// How many customers the preview has shown (`count`).
    pub expected_count: i64,
}

/// A message to everybody in a segment who agreed to promotions. Quiet hours and the limit of messages hold for it.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MassMessage {
    #[schema(example = "周五会员日", min_length = 1, max_length = 60)]
    pub title: String,
    #[schema(example = "本周五双倍积分，欢迎光临！", min_length = 1, max_length = 1000)]
    pub text: String,
    /// How many of them the preview has shown (`consenting`).
    pub expected_count: i64,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MassAnswer {
    /// How many customers.
    pub count: i64,
}

impl Engine {
    /// Gives everybody in a segment a tag, or takes it away.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `field_invalid`, `count_changed`.
    pub async fn tag_segment(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: SegmentId,
        new: MassTag,
    ) -> Result<Answered, Refusal> {
        actor.require(Action::SegmentWrite, None)?;
        let chain = actor.chain;
        let people = self.everybody(actor, id, false)?;
        self.read(chain, |conn| match new.remove {
            true => Ok(()),
            false => tag::check_in_use(conn, chain, &[new.tag_id], "/tag_id"),
        })?;
        let detail = json!({ "tag_id": new.tag_id, "remove": new.remove });
        let noted = self
            .note_action(
                actor,
                key,
                ("segment.tag", id),
                (people.len(), new.expected_count),
                detail,
            )
            .await?;
        // A repeat goes on where a stop has left it: nobody is marked twice.
        for some in people.chunks(SOME).map(<[CustomerId]>::to_vec) {
            let (tag, on) = (new.tag_id, !new.remove);
            let work = move |tx: &mut Tx<'_>| {
                let by = (tx.actor().staff, tx.business_now());
                for customer in &some {
                    tag::set(tx.conn(), chain, (tag, *customer), on, by)?;
                }
                Answer::ok(&0)
            };
            self.transact_in(Lane::Bulk, actor, None, "segment.tag.some", work)
                .await?;
        }
        Ok(noted)
    }

    /// Queues a message to everybody in a segment who agreed to promotions. The same text to the same segment goes to
    /// nobody twice on a day.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `field_invalid`, `count_changed`.
    pub async fn message_segment(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: SegmentId,
        new: MassMessage,
    ) -> Result<Answered, Refusal> {
        actor.require(Action::SegmentWrite, None)?;
        actor.require(Action::MessageManage, None)?;
        let title = text(&new.title, LONGEST_TITLE, "/title")?;
        let body = new.text.trim().to_owned();
        if !(1..=LONGEST_TEXT).contains(&body.chars().count()) {
            return Err(field("/text", "正文须为 1–1000 字", "A text has 1 to 1000 characters"));
        }
        let people = self.everybody(actor, id, true)?;
        let detail = json!({ "title": title, "text": body });
        let noted = self
            .note_action(
                actor,
                key,
                ("segment.message", id),
                (people.len(), new.expected_count),
                detail.clone(),
            )
            .await?;
        // A repeat goes on where a stop has left it: nobody is told twice.
        let said = Sha256::digest(detail.to_string().as_bytes());
        let said = said
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>();
        let zone = self.chain(actor.chain)?.time_zone;
        let day = zone.day_of(self.clock().business(actor.chain));
        for some in people.chunks(SOME).map(<[CustomerId]>::to_vec) {
            let (detail, said) = (detail.clone(), said.clone());
            let work = move |tx: &mut Tx<'_>| {
                for customer in &some {
                    tx.notify(Notice {
                        kind: MessageKind::Announcement,
                        to: Receiver::Customer(*customer),
                        subject: Some(id.0),
                        details: detail.clone(),
                        source_key: Some(format!("segment/{}/{said}/{day}/{}", id.0, customer.0)),
                    });
                }
                Answer::ok(&0)
            };
            self.transact_in(Lane::Bulk, actor, None, "segment.message.some", work)
                .await?;
        }
        Ok(noted)
    }

    /// Everybody in a segment, of the whole chain.
    fn everybody(&self, actor: &Actor, id: SegmentId, consenting: bool) -> Result<Vec<CustomerId>, Refusal> {
        let (chain, keys) = (actor.chain, self.keys().chain(actor.chain));
        let rules = self.read(chain, |conn| rules(conn, chain, id))?;
        let mut filter = self.filter(chain, &StoreScope::All, &rules, &keys)?;
        if consenting {
            filter = filter.consenting();
        }
        let mut found: Vec<CustomerId> = Vec::new();
        loop {
            let after = found.last().map_or(Id(Uuid::nil()), |last| Id(last.0));
            let some = self.read(chain, |conn| members::ids(conn, &filter, after, PAGE))?;
            let more = some.len() as i64 == PAGE;
            found.extend(some);
            if !more {
                return Ok(found);
            }
        }
    }

    /// Notes what somebody is about to do with so many people, if they have seen that many.
    async fn note_action(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        (action, id): (&'static str, SegmentId),
        (count, expected): (usize, i64),
        detail: serde_json::Value,
    ) -> Result<Answered, Refusal> {
        let count = count as i64;
        self.transact(actor, key, action, move |tx| {
            if count != expected {
                return Err(changed(count, expected).into());
            }
            tx.audit(action, id.0, json!({ "count": count, "what": detail }));
            Answer::created(&MassAnswer { count })
        })
        .await
    }
}

fn changed(count: i64, expected: i64) -> Refusal {
    let zh = format!("预览时为{expected}人，现在为{count}人；请重新预览，确认人数后再操作。");
    let en = format!(
        "The preview showed {expected} customers, now there are {count}; look at the preview again and confirm the number."
    );
    Refusal::new(Code::CountChanged, zh, en)
        .at("/expected_count")
        .with(|facts| facts.available = Some(count))
}
