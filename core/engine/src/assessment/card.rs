//! A chain's scorecard, declared in versions: the newest is what assessments use, every earlier one stays.

use crate::actor::Actor;
use crate::error::Result;
use crate::identity::Action;
use crate::input::{Stored, Written, field};
use crate::page::{Page, PageArgs};
use crate::store::schema::scorecards;
use crate::store::{Answer, Conn, Id, IdempotencyKey, Tx};
use crate::{Engine, each};
use cardea_domain::id::{ChainId, StaffId};
use cardea_domain::scorecard::{CardFault, Scorecard};
use cardea_domain::{Code, Instant, Refusal};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// A scorecard to use from now on.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewScorecard {
    /// The version that this one follows, 0 for the first: somebody else may have published one meanwhile.
    #[schema(example = 0)]
    pub follows: i32,
    pub scorecard: Scorecard,
}

/// A version of the scorecard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ScorecardVersion {
    /// From 1; 0: the usual one, where the chain has declared none.
    pub version: i32,
    pub scorecard: Scorecard,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub created_at: Option<Instant>,
    #[schema(value_type = Option<Uuid>)]
    pub created_by: Option<StaffId>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = scorecards)]
struct Row {
    chain_id: Id,
    version: i32,
    document: String,
    created_at: i64,
    created_by: Option<Id>,
}

impl Row {
    fn view(self) -> Result<ScorecardVersion> {
        Ok(ScorecardVersion {
            version: self.version,
            scorecard: serde_json::from_str(&self.document)?,
            created_at: Some(Instant(self.created_at)),
            created_by: self.created_by.map(Id::typed),
        })
    }
}

fn newest(conn: &mut Conn, chain: ChainId, before: i32, limit: i64) -> Result<Vec<ScorecardVersion>> {
    let rows: Vec<Row> = each!(conn, c => scorecards::table
        .select(Row::as_select())
        .filter(scorecards::chain_id.eq(Id::from(chain)).and(scorecards::version.lt(before)))
        .order(scorecards::version.desc())
        .limit(limit)
        .load(c)?);
    rows.into_iter().map(Row::view).collect()
}

/// The one that assessments use.
pub(super) fn current(conn: &mut Conn, chain: ChainId) -> Result<ScorecardVersion> {
    let newest = newest(conn, chain, i32::MAX, 1)?.pop();
    Ok(newest.unwrap_or_else(|| ScorecardVersion {
        version: 0,
        scorecard: Scorecard::default(),
        created_at: None,
        created_by: None,
    }))
}

fn faulty(fault: CardFault) -> Refusal {
    let at = |below: &str| format!("/scorecard/{below}");
    match fault {
        CardFault::Field(below) => field(&at(&below), "超出范围或重复", "Out of its range, or there twice"),
        CardFault::Weights(sum) => field(
            &at("criteria"),
            &format!("权重合计须为 100%，现为 {}.{:04}%", sum / 10_000, sum % 10_000),
            &format!(
                "The weights add up to 100 %, not {}.{:04} %",
                sum / 10_000,
                sum % 10_000
            ),
        ),
        CardFault::Grades => field(
            &at("grades"),
            "等级须从高到低，最后一级从 0 起",
            "Grades fall from the best one, and the last one is from 0 on",
        ),
        CardFault::Never(below) => field(
            &at(&below),
            "不收集信仰与家庭健康情况",
            "Belief and the health of families are not collected",
        ),
    }
}

impl Engine {
    /// The scorecard that assessments use.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn scorecard(&self, actor: &Actor) -> Result<ScorecardVersion, Refusal> {
        actor.scope(Action::CustomerCard)?;
        Ok(self.read(actor.chain, |conn| current(conn, actor.chain))?)
    }

    /// The versions that the chain has declared, the newest first.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (limit, cursor).
    pub fn scorecards(&self, actor: &Actor, page: &PageArgs) -> Result<Page<ScorecardVersion>, Refusal> {
        actor.scope(Action::CustomerCard)?;
        let limit = page.limit()?;
        let wrong = |_| Refusal::new(Code::BodyInvalid, "after 不是有效的游标", "after isn't a cursor").at("/after");
        let before = page.after.as_deref().map_or(Ok(i32::MAX), str::parse).map_err(wrong)?;
        let found = self.read(actor.chain, |conn| newest(conn, actor.chain, before, limit as i64 + 1))?;
        Ok(Page::cut(found, limit, |one| one.version.to_string()))
    }

    /// Publishes the next version of the chain's scorecard.
    ///
    /// # Errors
    /// `forbidden`, `version_conflict`, `field_invalid`.
    pub async fn publish_scorecard(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        new: NewScorecard,
    ) -> Result<Written<ScorecardVersion>, Refusal> {
        actor.require(Action::ConfigurationWrite, None)?;
        new.scorecard.check().map_err(faulty)?;
        let work = move |tx: &mut Tx<'_>| {
            let chain = tx.chain();
            let version = current(tx.conn(), chain)?.version;
            crate::input::check_version(version.into(), new.follows.into())?;
            let row = Row {
                chain_id: chain.into(),
                version: version + 1,
                document: serde_json::to_string(&new.scorecard)?,
                created_at: tx.now().0,
                created_by: tx.actor().staff.map(Id::from),
            };
            each!(tx.conn(), c => diesel::insert_into(scorecards::table).values(&row).execute(c)?);
            tx.audit("scorecard.publish", chain.0, json!({ "version": version + 1 }));
            tx.publish("scorecard.published", json!({ "version": version + 1 }));
            Answer::created(&Stored::of(chain))
        };
        let answered = self.transact(actor, key, "scorecard.publish", work).await?;
        Written::read(answered, |_| self.read(actor.chain, |conn| current(conn, actor.chain)))
    }
}
