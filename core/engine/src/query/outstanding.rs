//! Cards of staff that are to be handed back: their holders have left or moved to another store (D-CARD-9).

use crate::actor::Actor;
use crate::error::Result;
use crate::identity::Action;
use crate::store::Id;
use crate::store::statement::{fetch, statements};
use crate::{Engine, Page, PageArgs};
use cardea_domain::Refusal;
use cardea_domain::card::CardKind;
use cardea_domain::id::{CardId, ChainId, StaffId, StoreId};
use diesel::sql_types::{Binary, Bool, Text};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Rows read at a time.
const SLICE: i64 = 200;

statements! {
    // Who is bound to no store works in all of them.
    SelectOutstanding -> (Binary, Text, Text, Binary, Binary, Text, Bool) =
        "SELECT c.id, c.last_four, c.kind, c.store_id, s.id AS staff, s.name, s.active FROM cards c \
         JOIN staff s ON s.chain_id = c.chain_id AND s.id = c.holder_staff_id \
         WHERE c.chain_id = ? AND c.id > ? AND c.state IN ('active', 'applied') AND (NOT s.active OR \
         (EXISTS (SELECT 1 FROM staff_stores o WHERE o.chain_id = c.chain_id AND o.staff_id = s.id) \
         AND NOT EXISTS (SELECT 1 FROM staff_stores o WHERE o.chain_id = c.chain_id AND o.staff_id = s.id \
         AND o.store_id = c.store_id))) ORDER BY c.id LIMIT ?";
}

/// Why a card is to be handed back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutstandingCause {
    /// The holder's account is closed.
    Left,
    /// The holder works in other stores now.
    Moved,
}

/// A card that its holder should have handed back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct OutstandingCard {
    #[schema(value_type = Uuid)]
    pub card_id: CardId,
    #[schema(example = "0042")]
    pub last_four: String,
    pub kind: CardKind,
    /// Whose card it is to collect.
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    #[schema(value_type = Uuid)]
    pub staff_id: StaffId,
    pub staff_name: String,
    pub cause: OutstandingCause,
}

type Row = (Id, String, String, Id, Id, String, bool);

impl Engine {
    /// Cards of staff who have left, or who work elsewhere now, until they are handed back; oldest first.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (limit, cursor).
    pub fn outstanding_cards(&self, actor: &Actor, page: &PageArgs) -> Result<Page<OutstandingCard>, Refusal> {
        let scope = actor.scope(Action::CardIssue)?;
        let (limit, mut after) = (page.limit()?, Id(page.after_id()?.unwrap_or(Uuid::nil())));
        let mut found = Vec::new();
        while found.len() <= limit {
            let rows = self.outstanding(actor.chain, after)?;
            let last = rows.len() < SLICE as usize;
            for row in rows {
                after = row.0;
                if scope.allows(row.3.typed()) {
                    found.push(view(row)?);
                }
            }
            if last {
                break;
            }
        }
        found.truncate(limit + 1);
        Ok(Page::cut(found, limit, |card: &OutstandingCard| {
            card.card_id.to_string()
        }))
    }

    fn outstanding(&self, chain: ChainId, after: Id) -> Result<Vec<Row>> {
        self.read(chain, |conn| {
            Ok(fetch!(conn, SelectOutstanding, [chain, after.0, SLICE] => Row)?)
        })
    }
}

fn view((id, last_four, kind, store, staff, name, active): Row) -> Result<OutstandingCard> {
    Ok(OutstandingCard {
        card_id: id.typed(),
        last_four,
        kind: kind.parse().map_err(crate::error::Error::internal)?,
        store_id: store.typed(),
        staff_id: staff.typed(),
        staff_name: name,
        cause: if active {
            OutstandingCause::Moved
        } else {
            OutstandingCause::Left
        },
    })
}
