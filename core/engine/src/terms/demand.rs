//! Which terms have to be accepted in which program, and when: a document of the chain.

use super::row;
use crate::error::Result;
use crate::identity::Action;
use crate::input::field;
use crate::settings::{self, Setting};
use crate::store::Conn;
use cardea_domain::Refusal;
use cardea_domain::id::{ChainId, ProgramId};
use cardea_domain::terms::{Demanded, TermsKind, TermsOccasion};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// Most demands of a chain.
const MOST: usize = 200;

/// What a program demands on an occasion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TermsDemand {
    /// Absent: every program.
    #[schema(value_type = Option<Uuid>)]
    pub program_id: Option<ProgramId>,
    pub occasion: TermsOccasion,
    #[schema(min_items = 1)]
    pub kinds: Vec<TermsKind>,
}

/// All demands of a chain; none unless it says so.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TermsRules {
    #[schema(max_items = 200)]
    pub demands: Vec<TermsDemand>,
}

impl Setting for TermsRules {
    const NAME: &'static str = "terms_rules";
    const CHANGED: &'static str = "terms_rules.update";
    const READ: Action = Action::MembershipRead;

    fn check(&self) -> Result<(), Refusal> {
        if self.demands.len() > MOST {
            return Err(field("/value/demands", "最多 200 项", "At most 200"));
        }
        for (at, demand) in self.demands.iter().enumerate() {
            if demand.kinds.is_empty() {
                let pointer = format!("/value/demands/{at}/kinds");
                return Err(field(&pointer, "至少选择一种条款", "Name at least one kind of terms"));
            }
        }
        Ok(())
    }
}

/// What a program demands on an occasion, each with the versions that count.
pub(super) fn of(
    conn: &mut Conn,
    chain: ChainId,
    program: ProgramId,
    occasion: TermsOccasion,
) -> Result<Vec<Demanded>> {
    let rules: TermsRules = settings::read(conn, chain)?.value;
    let wanted = rules.demands.into_iter().filter(|demand| {
        let program = demand.program_id.is_none_or(|only| only == program);
        program && demand.occasion == occasion
    });
    let kinds: BTreeSet<TermsKind> = wanted.flat_map(|demand| demand.kinds).collect();
    let mut demanded = Vec::new();
    for kind in kinds {
        let latest = row::latest(conn, chain, kind)?;
        demanded.push(Demanded {
            kind,
            current: latest.as_ref().map_or(0, |row| row.number),
            least: latest.map_or(0, |row| row.least),
        });
    }
    Ok(demanded)
}
