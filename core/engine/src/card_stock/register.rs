//! The register of lost and damaged blanks (作废登记).

use super::BlankRange;
use super::moves::Step;
use super::row::{self, BlankRow};
use super::transfer::elsewhere;
use crate::Engine;
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::identity::Action;
use crate::input::{self, Written, field};
use crate::store::writer::blanks::place;
use crate::store::{Answer, Conn, Id, IdempotencyKey, Lane, Tx};
use cardea_domain::card_stock::{BlankStep, MOST_BLANKS};
use cardea_domain::id::{ChainId, StoreId};
use cardea_domain::identifier::grouped_number;
use cardea_domain::{Refusal, named};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{BTreeMap, HashMap};
use utoipa::ToSchema;

/// Numbers, and ranges, of one entry.
const MOST: usize = 500;

named! {
/// What is registered of blanks.
pub enum RegisteredState {
    Lost = "lost",
    /// Spoilt, and kept until it is destroyed.
    Damaged = "damaged",
    /// Destroyed; for ever.
    Void = "void",
    /// Lost ones are there again.
    Found = "found",
}
}

impl RegisteredState {
    fn step(self) -> BlankStep {
        match self {
            Self::Lost => BlankStep::Lost,
            Self::Damaged => BlankStep::Damaged,
            Self::Void => BlankStep::Void,
            Self::Found => BlankStep::Found,
        }
    }
}

/// Blanks of one place to be registered, by their numbers or by their serial numbers.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BlankRegistration {
    /// Where they count; absent: HQ.
    #[schema(value_type = Option<Uuid>)]
    pub store_id: Option<StoreId>,
    pub state: RegisteredState,
    /// Scanned or typed.
    #[serde(default)]
    #[schema(max_items = 500)]
    pub numbers: Vec<String>,
    #[serde(default)]
    #[schema(max_items = 500)]
    pub blanks: Vec<BlankRange>,
    #[schema(min_length = 1, max_length = 200, example = "印刷错位")]
    pub reason: String,
}

/// How many blanks were registered.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
pub struct Registered {
    pub quantity: i64,
}

fn named_blanks(conn: &mut Conn, chain: ChainId, of: &BlankRegistration) -> Result<Vec<BlankRow>> {
    let numbers: Vec<String> = of.numbers.iter().map(|number| grouped_number(number)).collect();
    let mut known: HashMap<String, BlankRow> = row::by_number(conn, chain, &numbers)?
        .into_iter()
        .map(|blank| (blank.number.clone(), blank))
        .collect();
    if let Some(n) = numbers.iter().position(|number| !known.contains_key(number)) {
        let (zh, en) = ("没有此卡号的空白卡，请核对", "No blank card has this number; check it");
        return Err(field(&format!("/numbers/{n}"), zh, en).into());
    }
    let mut blanks: BTreeMap<(Id, i32), BlankRow> = BTreeMap::new();
    for blank in known.drain().map(|(_, blank)| blank) {
        blanks.insert((blank.batch_id, blank.serial), blank);
    }
    for (n, range) in of.blanks.iter().enumerate() {
        for blank in row::in_range(conn, chain, range, &format!("/blanks/{n}"))? {
            blanks.insert((blank.batch_id, blank.serial), blank);
        }
    }
    Ok(blanks.into_values().collect())
}

impl Engine {
    /// Registers blanks as lost, damaged, void or found.
    ///
    /// # Errors
    /// `forbidden`, `field_invalid`; `card_stock` for blanks of another place, or whose state forbids it.
    pub async fn register_blanks(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        new: BlankRegistration,
    ) -> Result<Written<Registered>, Refusal> {
        actor.require(Action::CardStockMove, new.store_id)?;
        let reason = input::text(&new.reason, 200, "/reason")?;
        let named = new.numbers.len() + new.blanks.len();
        if !(1..=MOST).contains(&named) {
            let (zh, en) = (
                "请给出 1–500 个卡号或序号范围",
                "Name 1–500 numbers or ranges of serial numbers",
            );
            return Err(field("/numbers", zh, en));
        }
        let work = move |tx: &mut Tx<'_>| {
            let chain = tx.chain();
            let blanks = named_blanks(tx.conn(), chain, &new)?;
            if blanks.len() > MOST_BLANKS as usize {
                let (zh, en) = ("一次最多登记 20000 张", "At most 20000 cards at once");
                return Err(field("/blanks", zh, en).into());
            }
            elsewhere(&blanks, place(chain, new.store_id), "/store_id")?;
            let step = Step {
                step: new.state.step(),
                to: None,
                reason: Some(&reason),
                transfer: None,
                count: None,
            };
            step.apply(tx, &blanks)?;
            let told = json!({ "store_id": new.store_id, "state": new.state, "quantity": blanks.len() });
            tx.audit(
                "card_stock.register",
                new.store_id.map_or(chain.0, |store| store.0),
                told.clone(),
            );
            tx.publish("card_stock.registered", told);
            let quantity = blanks.len() as i64;
            Answer::created(&Registered { quantity })
        };
        let done = self
            .transact_in(Lane::Bulk, actor, key, "card_stock.register", work)
            .await?;
        Ok(Written {
            status: done.status,
            replayed: done.replayed,
            value: serde_json::from_str(&done.json).map_err(Error::from)?,
        })
    }
}
