//! For what a chain wants a second person: a document of the chain.

use super::ApprovalKind;
use crate::actor::Role;
use crate::error::Result;
use crate::identity::{Action, Scope};
use crate::input::field;
use crate::settings::Setting;
use crate::store::{Answer, Tx};
use cardea_domain::Refusal;
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;
use utoipa::ToSchema;

/// Who has to agree before something is done, step by step: one or two steps, each with the roles of which one has to
/// agree. Empty: nobody.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ApprovalRules {
    /// To a new version of a program's configuration.
    #[schema(max_items = 2)]
    pub configuration: Vec<Vec<Role>>,
    /// To a new log-in, or to another role, other stores or another password of one.
    #[schema(max_items = 2)]
    pub staff: Vec<Vec<Role>>,
    /// To taking personal data away as a file.
    #[schema(max_items = 2)]
    pub export: Vec<Vec<Role>>,
    /// To points by hand above what one may do alone. Empty: one of HQ or finance, for somebody always has to.
    #[schema(max_items = 2)]
    pub adjustment: Vec<Vec<Role>>,
    /// To letting a debt go. Empty: one of HQ or finance, for somebody always has to.
    #[schema(max_items = 2)]
    pub write_off: Vec<Vec<Role>>,
}

/// Who agrees to what always needs somebody, where the chain says nothing else.
static USUAL: LazyLock<Vec<Vec<Role>>> = LazyLock::new(|| vec![vec![Role::HqAdmin, Role::Finance]]);

impl ApprovalRules {
    /// Who has to agree; None: nobody. Rules that are in force watch over themselves.
    pub(super) fn steps<'a>(&'a self, kind: ApprovalKind) -> Option<&'a Vec<Vec<Role>>> {
        let usual = |steps: &'a Vec<Vec<Role>>| if steps.is_empty() { &*USUAL } else { steps };
        let steps = match kind {
            ApprovalKind::Contract | ApprovalKind::Erasure => None,
            ApprovalKind::Configuration => Some(&self.configuration),
            ApprovalKind::Staff => Some(&self.staff),
            ApprovalKind::Export => Some(&self.export),
            ApprovalKind::Adjustment => Some(usual(&self.adjustment)),
            ApprovalKind::WriteOff => Some(usual(&self.write_off)),
            ApprovalKind::Rules => self
                .named()
                .into_iter()
                .map(|(_, steps)| steps)
                .find(|steps| !steps.is_empty()),
        };
        steps.filter(|steps| !steps.is_empty())
    }

    /// Each with its name on the wire.
    pub(super) fn named(&self) -> [(&'static str, &Vec<Vec<Role>>); 5] {
        [
            ("configuration", &self.configuration),
            ("staff", &self.staff),
            ("export", &self.export),
            ("adjustment", &self.adjustment),
            ("write_off", &self.write_off),
        ]
    }
}

impl Setting for ApprovalRules {
    const NAME: &'static str = "approval_rules";
    const CHANGED: &'static str = "approval_rules.update";
    const READ: Action = Action::ApprovalRead;

    fn check(&self) -> Result<(), Refusal> {
        for (name, steps) in self.named() {
            let may = |role: &Role| role.grant(Action::ApprovalDecide) == Some(Scope::Chain);
            let wrong = |roles: &Vec<Role>| roles.is_empty() || !roles.iter().all(may);
            if steps.len() > 2 || steps.iter().any(wrong) {
                let (zh, en) = (
                    "最多两步，每步至少一个管理整个连锁的审批岗位：总部、财务",
                    "At most two steps, each with roles that approve for the whole chain: HQ, finance",
                );
                return Err(field(&format!("/value/{name}"), zh, en));
            }
        }
        Ok(())
    }

    fn hold(&self, tx: &mut Tx<'_>) -> Result<Option<Answer>> {
        super::permit::check_deciders(tx, self)?;
        let wanted = super::Guarded {
            kind: ApprovalKind::Rules,
            subject: tx.chain().0,
            request: serde_json::to_value(self)?,
            summary: cardea_domain::Text::new("修改审批规则", "Another set of approval rules"),
        };
        super::permit(tx, wanted)
    }
}
