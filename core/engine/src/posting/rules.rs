//! What people may book alone, and how much may go from one membership to another: documents of the chain.

use crate::actor::Role;
use crate::identity::Action;
use crate::input::{self, field};
use crate::settings::Setting;
use cardea_domain::id::ProgramId;
use cardea_domain::sale::AdjustLimit;
use cardea_domain::{Refusal, Text};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// Most points that a limit may name.
const MOST: i64 = 1_000_000_000;

/// Why points may be adjusted, who may do how much alone, and how far a deduction may go (D-LED-8).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AdjustmentRules {
    /// 1–50.
    #[schema(min_items = 1, max_items = 50)]
    pub reasons: Vec<AdjustmentReason>,
    /// Over how many days, up to now, amounts count together.
    #[schema(minimum = 1, maximum = 366, example = 30)]
    pub days: u32,
    /// Of a role that isn't listed, every adjustment needs a second person.
    pub limits: Vec<RoleLimit>,
    /// Of a program that isn't listed, no deduction may leave a debt.
    pub debt_limits: Vec<DebtLimit>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AdjustmentReason {
    #[schema(example = "complaint", pattern = r"^[A-Za-z0-9._\-]{1,32}$")]
    pub code: String,
    pub label: Text,
}

/// What somebody of a role may adjust alone within the days, points either way; more needs a second person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleLimit {
    pub role: Role,
    /// Over all memberships.
    #[schema(minimum = 0, maximum = 1_000_000_000, example = 2000)]
    pub per_staff: i64,
    /// Of one membership, whoever adjusted it.
    #[schema(minimum = 0, maximum = 1_000_000_000, example = 500)]
    pub per_membership: i64,
}

/// What a membership of a program may owe at most after a deduction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DebtLimit {
    #[schema(value_type = Uuid)]
    pub program_id: ProgramId,
    #[schema(minimum = 0, maximum = 1_000_000_000, example = 0)]
    pub points: i64,
}

impl Default for AdjustmentRules {
    fn default() -> Self {
        let reason = |code: &str, zh: &str, en: &str| AdjustmentReason {
            code: code.into(),
            label: Text::new(zh, en),
        };
        let limit = |role, per_staff, per_membership| RoleLimit {
            role,
            per_staff,
            per_membership,
        };
        Self {
            reasons: vec![
                reason("complaint", "投诉补偿", "amends for a complaint"),
                reason("correction", "差错更正", "correction of a mistake"),
                reason("goodwill", "客户关怀", "goodwill"),
                reason("promotion", "活动补发", "points of a promotion that were missing"),
                reason("misuse", "违规扣回", "points gained by misuse"),
            ],
            days: 30,
            limits: vec![
                limit(Role::HqAdmin, 20_000, 5_000),
                limit(Role::StoreManager, 2_000, 500),
            ],
            debt_limits: Vec::new(),
        }
    }
}

impl AdjustmentRules {
    pub(super) fn reason(&self, code: &str) -> Option<&AdjustmentReason> {
        self.reasons.iter().find(|reason| reason.code == code)
    }

    pub(super) fn limit(&self, role: Role) -> Option<AdjustLimit> {
        let own = self.limits.iter().find(|limit| limit.role == role);
        own.map(|limit| AdjustLimit {
            per_staff: limit.per_staff,
            per_membership: limit.per_membership,
        })
    }

    pub(super) fn debt_limit(&self, program: ProgramId) -> i64 {
        let own = self.debt_limits.iter().find(|limit| limit.program_id == program);
        own.map_or(0, |limit| limit.points)
    }
}

fn in_range(figure: i64, pointer: &str) -> Result<(), Refusal> {
    if (0..=MOST).contains(&figure) {
        return Ok(());
    }
    Err(field(pointer, "须为 0–1000000000", "From 0 to 1000000000"))
}

impl Setting for AdjustmentRules {
    const NAME: &'static str = "adjustment_rules";
    const CHANGED: &'static str = "adjustment_rules.update";
    const READ: Action = Action::AdjustmentWrite;

    fn check(&self) -> Result<(), Refusal> {
        if !(1..=50).contains(&self.reasons.len()) {
            return Err(field("/value/reasons", "须有 1–50 个原因", "1–50 reasons"));
        }
        let mut codes = BTreeSet::new();
        for (at, reason) in self.reasons.iter().enumerate() {
            let pointer = format!("/value/reasons/{at}");
            let code = input::code(&reason.code, &format!("{pointer}/code"))?;
            input::name_pair(&reason.label, &format!("{pointer}/label"))?;
            if code != reason.code || !codes.insert(code) {
                let (zh, en) = ("编码须为小写且不重复", "Codes are lower-case and differ");
                return Err(field(&format!("{pointer}/code"), zh, en));
            }
        }
        if !(1..=366).contains(&self.days) {
            return Err(field("/value/days", "须为 1–366 天", "1–366 days"));
        }
        for (at, limit) in self.limits.iter().enumerate() {
            let pointer = format!("/value/limits/{at}");
            in_range(limit.per_staff, &format!("{pointer}/per_staff"))?;
            in_range(limit.per_membership, &format!("{pointer}/per_membership"))?;
            if self.limits[..at].iter().any(|other| other.role == limit.role) {
                return Err(field(&format!("{pointer}/role"), "每个岗位只填一次", "Each role once"));
            }
        }
        for (at, limit) in self.debt_limits.iter().enumerate() {
            in_range(limit.points, &format!("/value/debt_limits/{at}/points"))?;
        }
        Ok(())
    }
}

/// How much may go from one membership to another (D-LED-8); there is no fee.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TransferRules {
    /// In a program that isn't listed, nothing may.
    pub programs: Vec<TransferLimit>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TransferLimit {
    #[schema(value_type = Uuid)]
    pub program_id: ProgramId,
    /// At once, points.
    #[schema(minimum = 0, maximum = 1_000_000_000, example = 1000)]
    pub at_once: i64,
    /// From one membership within 365 days up to now, points.
    #[schema(minimum = 0, maximum = 1_000_000_000, example = 5000)]
    pub per_year: i64,
}

impl TransferRules {
    pub(super) fn limit(&self, program: ProgramId) -> Option<TransferLimit> {
        self.programs.iter().find(|limit| limit.program_id == program).copied()
    }
}

impl Setting for TransferRules {
    const NAME: &'static str = "transfer_rules";
    const CHANGED: &'static str = "transfer_rules.update";
    const READ: Action = Action::TransferPost;

    fn check(&self) -> Result<(), Refusal> {
        for (at, limit) in self.programs.iter().enumerate() {
            let pointer = format!("/value/programs/{at}");
            in_range(limit.at_once, &format!("{pointer}/at_once"))?;
            in_range(limit.per_year, &format!("{pointer}/per_year"))?;
            if self.programs[..at]
                .iter()
                .any(|other| other.program_id == limit.program_id)
            {
                let (zh, en) = ("每个会员计划只填一次", "Each program once");
                return Err(field(&format!("{pointer}/program_id"), zh, en));
            }
        }
        Ok(())
    }
}
