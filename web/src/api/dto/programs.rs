//! Programs and the versions of their configuration.

use super::common::Text;
use cardea_domain::id::{ConfigurationId, ProgramId, StaffId};
use cardea_domain::{Instant, sale, tier};
use cardea_engine::program;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProgram {
    /// Unique in the chain.
    #[schema(example = "vip")]
    pub code: String,
    pub name: Text,
    /// Name of the industry's plugin.
    #[schema(example = "retail")]
    pub plugin: String,
}

/// The component whose rules a program follows.
#[derive(Serialize, ToSchema)]
pub struct PluginShown {
    #[schema(example = "retail")]
    pub id: String,
    #[schema(example = "0.1.0")]
    pub version: String,
    /// SHA-256 of the component, hexadecimal.
    pub digest: String,
}

/// The configuration in effect.
#[derive(Serialize, ToSchema)]
pub struct ConfigurationShown {
    #[schema(value_type = Uuid)]
    pub id: ConfigurationId,
    /// From 1.
    pub version: i64,
    #[schema(value_type = String, format = DateTime)]
    pub effective_from: Instant,
}

#[derive(Serialize, ToSchema)]
pub struct Program {
    #[schema(value_type = Uuid)]
    pub id: ProgramId,
    pub code: String,
    pub name: Text,
    pub plugin: PluginShown,
    pub configuration: ConfigurationShown,
    /// How points pay bills now; null: they don't.
    pub tender: Option<PointsTender>,
    /// JSON Schema of `plugin_config`; only when one program is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub schema: Option<Value>,
    pub version: i64,
}

mirror! {
Rounding = sale::Rounding {
    Floor,
    HalfUp,
    Ceil,
}
}

mirror! {
ReturnPolicy = sale::ReturnPolicy {
    /// Only points still in their return window are taken back.
    OnlyMaturing,
    /// Never below zero.
    WithinBalance,
    /// What is missing is a debt.
    GoNegative,
}
}

/// Paying a bill with points: `points` points are worth `money`.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PointsTender {
    #[schema(minimum = 1, example = 100)]
    pub points: i64,
    /// Minor units.
    #[schema(minimum = 1, example = 100)]
    pub money: i64,
    /// Points are spent in multiples of this.
    #[schema(minimum = 1, example = 100)]
    pub step: i64,
    /// The least that a bill can be paid with, in points; 0: one step.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[schema(minimum = 0, example = 500, required = false)]
    pub minimum: i64,
    /// Largest share of a bill, parts per million.
    #[schema(minimum = 1, maximum = 1_000_000, example = 500_000)]
    pub max_share_ppm: i64,
}

/// How long points are good.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum PointsExpiry {
    /// Each lot through the same day so many months after its bill.
    PerLot {
        #[schema(minimum = 1, maximum = 120, example = 12)]
        months: u32,
        /// Days after it on which they can still be spent.
        #[serde(default)]
        grace_days: u32,
    },
    /// All of a membership's points through the same day so many months after its last sale or exchange.
    Rolling {
        #[schema(minimum = 1, maximum = 120, example = 12)]
        months: u32,
        #[serde(default)]
        grace_days: u32,
    },
    /// Through this day of the year, so many years after the next one.
    FixedDay {
        #[schema(minimum = 1, maximum = 12, example = 12)]
        month: u32,
        #[schema(minimum = 1, maximum = 31, example = 31)]
        day: u32,
        #[serde(default)]
        #[schema(maximum = 10, example = 1)]
        years: u32,
        #[serde(default)]
        grace_days: u32,
    },
}

impl From<sale::Expiry> for PointsExpiry {
    fn from(sale::Expiry { rule, grace_days }: sale::Expiry) -> Self {
        match rule {
            sale::ExpiryRule::PerLot { months } => Self::PerLot { months, grace_days },
            sale::ExpiryRule::Rolling { months } => Self::Rolling { months, grace_days },
            sale::ExpiryRule::FixedDay { month, day, years } => Self::FixedDay {
                month,
                day,
                years,
                grace_days,
            },
        }
    }
}

impl From<PointsExpiry> for sale::Expiry {
    fn from(expiry: PointsExpiry) -> Self {
        let (rule, grace_days) = match expiry {
            PointsExpiry::PerLot { months, grace_days } => (sale::ExpiryRule::PerLot { months }, grace_days),
            PointsExpiry::Rolling { months, grace_days } => (sale::ExpiryRule::Rolling { months }, grace_days),
            PointsExpiry::FixedDay {
                month,
                day,
                years,
                grace_days,
            } => (sale::ExpiryRule::FixedDay { month, day, years }, grace_days),
        };
        Self { rule, grace_days }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(n: &i64) -> bool {
    *n == 0
}

/// What the ledger does with the points that the plugin proposes.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PointTerms {
    /// A sale's points are rounded once, at the end.
    pub rounding: Rounding,
    /// Return window in days; 0: spendable at once.
    #[schema(maximum = 90)]
    pub maturing_days: u32,
    pub return_policy: ReturnPolicy,
    /// null: bills can't be paid with points.
    pub tender: Option<PointsTender>,
    /// null: points are good as long as the membership.
    pub expiry: Option<PointsExpiry>,
    /// Whether a membership whose cards are all void earns all the same.
    #[serde(default)]
    pub earn_without_card: bool,
}

#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LadderStep {
    /// Stable, unique in the ladder.
    #[schema(example = "gold")]
    pub id: String,
    pub name: Text,
    /// Reached at or above this much paid in the window, minor units.
    #[schema(minimum = 0, example = 2_000_000)]
    pub threshold: i64,
    /// Parts per million: 1 500 000 is × 1.5.
    #[schema(minimum = 0, example = 1_500_000)]
    pub multiplier: i64,
}

/// The tiers, lowest first.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Ladder {
    /// Rolling months of the window.
    #[schema(minimum = 1, maximum = 120, example = 12)]
    pub months: u32,
    pub steps: Vec<LadderStep>,
    /// Of a tier that was reached or kept `months` ago; the nightly job does it.
    #[serde(default)]
    pub review: TierReview,
}

mirror! {
/// How far a tier falls whose threshold isn't reached any more.
#[derive(Default)]
TierFall = tier::Fall {
    #[default]
    OneStep,
    /// To where the figures say.
    Figures,
    Never,
}
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TierReview {
    pub fall: TierFall,
    /// Days that the review waits for.
    #[schema(maximum = 366)]
    pub grace_days: u32,
}

impl From<tier::Review> for TierReview {
    fn from(tier::Review { fall, grace_days }: tier::Review) -> Self {
        let fall = fall.into();
        Self { fall, grace_days }
    }
}

impl From<TierReview> for tier::Review {
    fn from(TierReview { fall, grace_days }: TierReview) -> Self {
        let fall = fall.into();
        Self { fall, grace_days }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewConfiguration {
    /// null or absent: now.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub effective_from: Option<Instant>,
    /// By the plugin's JSON Schema (`schema` of the program).
    #[schema(value_type = Object)]
    pub plugin_config: Value,
    pub ladder: Ladder,
    pub points: PointTerms,
}

/// A version of a program's rules. Versions are never edited; a change is a new one.
#[derive(Serialize, ToSchema)]
pub struct Configuration {
    #[schema(value_type = Uuid)]
    pub id: ConfigurationId,
    /// From 1.
    pub version: i64,
    #[schema(value_type = String, format = DateTime)]
    pub effective_from: Instant,
    #[schema(value_type = Option<Uuid>)]
    pub created_by: Option<StaffId>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Instant,
    #[schema(value_type = Object)]
    pub plugin_config: Value,
    pub ladder: Ladder,
    pub points: PointTerms,
}

impl From<NewProgram> for program::NewProgram {
    fn from(new: NewProgram) -> Self {
        Self {
            code: new.code,
            name: new.name,
            plugin: new.plugin,
        }
    }
}

shown!(PluginShown from program::PluginView { id, version, digest });
shown!(ConfigurationShown from program::EffectiveView { id, version, effective_from });
shown!(Configuration from program::ConfigurationView {
    id, version, effective_from, created_by, created_at, plugin_config, ladder, points,
});
shown!(LadderStep from tier::Step { id, name, threshold, multiplier });

impl From<tier::Ladder> for Ladder {
    fn from(ladder: tier::Ladder) -> Self {
        Self {
            months: ladder.months,
            steps: ladder.steps.into_iter().map(Into::into).collect(),
            review: ladder.review.into(),
        }
    }
}

impl From<Ladder> for tier::Ladder {
    fn from(ladder: Ladder) -> Self {
        let step = |step: LadderStep| tier::Step {
            id: step.id,
            name: step.name,
            threshold: step.threshold,
            multiplier: step.multiplier,
        };
        Self {
            months: ladder.months,
            steps: ladder.steps.into_iter().map(step).collect(),
            review: ladder.review.into(),
        }
    }
}

impl From<program::ProgramView> for Program {
    fn from(view: program::ProgramView) -> Self {
        Self {
            id: view.id,
            code: view.code,
            name: view.name,
            plugin: view.plugin.into(),
            configuration: view.configuration.into(),
            tender: view.tender.map(Into::into),
            schema: view.schema,
            version: view.version,
        }
    }
}

impl From<sale::PointsTender> for PointsTender {
    fn from(tender: sale::PointsTender) -> Self {
        Self {
            points: tender.points,
            money: tender.money,
            step: tender.step,
            minimum: tender.minimum,
            max_share_ppm: tender.max_share,
        }
    }
}

impl From<sale::Terms> for PointTerms {
    fn from(terms: sale::Terms) -> Self {
        Self {
            rounding: terms.rounding.into(),
            maturing_days: terms.maturing_days,
            return_policy: terms.return_policy.into(),
            tender: terms.tender.map(Into::into),
            expiry: terms.expiry.map(Into::into),
            earn_without_card: terms.earn_without_card,
        }
    }
}

impl From<PointTerms> for sale::Terms {
    fn from(terms: PointTerms) -> Self {
        let tender = |tender: PointsTender| sale::PointsTender {
            points: tender.points,
            money: tender.money,
            step: tender.step,
            minimum: tender.minimum,
            max_share: tender.max_share_ppm,
        };
        Self {
            rounding: terms.rounding.into(),
            maturing_days: terms.maturing_days,
            return_policy: terms.return_policy.into(),
            tender: terms.tender.map(tender),
            expiry: terms.expiry.map(Into::into),
            earn_without_card: terms.earn_without_card,
        }
    }
}

impl From<NewConfiguration> for program::NewConfiguration {
    fn from(new: NewConfiguration) -> Self {
        Self {
            effective_from: new.effective_from,
            plugin_config: new.plugin_config,
            ladder: new.ladder.into(),
            points: new.points.into(),
        }
    }
}
