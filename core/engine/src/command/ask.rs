//! What commands share that ask a plugin: its reasons in the core's words, and what is said where it can't decide.

use super::admission::not_eligible;
use super::desk::Desk;
use crate::error::Result;
use crate::plugin::{self, Plugin, PluginError};
use crate::program::Configuration;
use crate::store::writer::ledger::Question;
use cardea_domain::error::RuleRefusal;
use cardea_domain::id::{ChainId, ConfigurationId};
use cardea_domain::sale::Demand;
use cardea_domain::{Code, Refusal, Text};
use std::sync::Arc;
use uuid::Uuid;

/// The plugin that decides, whether or not it has a say in this.
///
/// # Errors
/// `plugin_failed` for one that can't be loaded: nobody knows what it would say.
pub(super) fn plugin(desk: &Desk, configuration: &Configuration) -> Result<Arc<Plugin>> {
    Ok(desk.plugin(configuration)?.map_err(|e| failed(desk.chain(), &e))?)
}

/// A plugin that couldn't decide: what waits for its word isn't done.
pub(super) fn failed(chain: ChainId, error: &PluginError) -> Refusal {
    tracing::warn!(%chain, %error, "the plugin couldn't decide");
    Refusal::new(
        Code::PluginFailed,
        "会员规则暂时无法判断，此项未办理，请稍后再试",
        "The program's rules can't be judged now, so nothing was done; try again later",
    )
}

/// A reason in the core's words.
pub(super) fn told(reason: plugin::Reason) -> RuleRefusal {
    RuleRefusal {
        rule: reason.rule,
        explanation: Text::new(reason.explanation.zh, reason.explanation.en),
    }
}

/// The reasons of a plugin that stops something: `rule_refused`, each by its rule, and all in a sentence.
pub(super) fn stopped(reasons: Vec<plugin::Reason>) -> Refusal {
    Refusal {
        code: Code::RuleRefused,
        ..not_eligible(reasons.into_iter().map(told).collect())
    }
}

/// What must be made sure of, by the plugin's word.
pub(super) fn demanded(demands: plugin::Demands) -> Vec<Demand> {
    let all = [
        (demands.pin, Demand::Pin),
        (demands.signature, Demand::Signature),
        (demands.identity, Demand::Identity),
        (demands.manager, Demand::Manager),
    ];
    all.into_iter()
        .filter(|(asked, _)| *asked)
        .map(|(_, demand)| demand)
        .collect()
}

/// What was asked, to be kept; without the configuration, whose version is named.
pub(super) fn question<R: plugin::Request>(
    request: &R,
    subject: Uuid,
    configuration: ConfigurationId,
) -> Result<Question> {
    Ok(Question {
        function: R::FUNCTION,
        subject,
        configuration,
        input: plugin::record(request)?,
    })
}
