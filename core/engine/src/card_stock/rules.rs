//! What a chain wants of its blank cards: a document of the chain.

use super::row;
use crate::error::Result;
use crate::identity::Action;
use crate::input::field;
use crate::settings::Setting;
use crate::store::{Answer, Tx};
use cardea_domain::Refusal;
use cardea_domain::id::ProgramId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// Programs of one list.
const MOST: usize = 200;

/// Which programs hand out cards of their blank stock only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CardStockRules {
    /// Their cards are blanks of the issuing store's stock: a number is scanned, and one of no batch is refused.
    #[schema(value_type = Vec<Uuid>, max_items = 200)]
    pub stock_only: Vec<ProgramId>,
}

impl Setting for CardStockRules {
    const NAME: &'static str = "card_stock_rules";
    const CHANGED: &'static str = "card_stock_rules.update";
    const READ: Action = Action::CardStockRead;

    fn check(&self) -> Result<(), Refusal> {
        let distinct: BTreeSet<&ProgramId> = self.stock_only.iter().collect();
        if distinct.len() != self.stock_only.len() || distinct.len() > MOST {
            let (zh, en) = ("最多 200 个会员计划，各列一次", "At most 200 programs, each named once");
            return Err(field("/value/stock_only", zh, en));
        }
        Ok(())
    }

    fn hold(&self, tx: &mut Tx<'_>) -> Result<Option<Answer>> {
        let chain = tx.chain();
        for (n, program) in self.stock_only.iter().enumerate() {
            row::check_program(tx.conn(), chain, *program, &format!("/value/stock_only/{n}"))?;
        }
        Ok(None)
    }
}
