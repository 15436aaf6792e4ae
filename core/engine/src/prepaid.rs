//! What of a chain the law of prepaid cards looks at (D-CARD-11): a document of the chain.

use crate::error::{Error, Result};
use crate::identity::Action;
use crate::input::field;
use crate::settings::{self, Setting};
use crate::store::statement::{fetch, statements};
use crate::store::{Conn, Tx};
use cardea_domain::confidential::DeletionScope;
use cardea_domain::id::{ChainId, CustomerId};
use cardea_domain::prepaid::{self, IssuerClass, PrepaidRules};
use cardea_domain::{Code, Day, Refusal, Zone};
use diesel::sql_types::{Integer, Nullable, Text};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

statements! {
    SelectLastPaid -> (Nullable<Integer>,) = "SELECT MAX(paid_on) FROM top_ups WHERE chain_id = ? AND payer_id = ?";
    SelectCurrency -> (Text, Integer) = "SELECT currency, minor_units FROM chains WHERE id = ?";
    SelectZone -> (Text,) = "SELECT time_zone FROM chains WHERE id = ?";
}

/// By whose law a chain issues prepaid value, and as what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PrepaidIssuer {
    /// ISO 3166-1, two capitals. `CN` in CNY has limits, identities, bank transfer, deposit and the quarterly report.
    #[schema(example = "CN")]
    pub jurisdiction: String,
    /// As which it is registered: it decides what is deposited.
    pub class: IssuerClass,
}

impl Default for PrepaidIssuer {
    fn default() -> Self {
        Self {
            jurisdiction: "CN".to_owned(),
            class: IssuerClass::default(),
        }
    }
}

impl Setting for PrepaidIssuer {
    const NAME: &'static str = "prepaid_issuer";
    const CHANGED: &'static str = "prepaid_issuer.update";
    const READ: Action = Action::PrepaidReport;

    fn check(&self) -> Result<(), Refusal> {
        let code = &self.jurisdiction;
        if code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Ok(());
        }
        let (zh, en) = ("请填写两个大写字母的国家或地区代码", "Two capitals of ISO 3166-1");
        Err(field("/value/jurisdiction", zh, en))
    }
}

/// The chain's currency and its decimal places.
pub(crate) fn currency(conn: &mut Conn, chain: ChainId) -> Result<(String, u32)> {
    let found = fetch!(conn, SelectCurrency, [chain] => (String, i32))?.pop();
    let (currency, minor_units) = found.ok_or_else(|| Error::internal("the chain is missing"))?;
    Ok((currency, minor_units as u32))
}

/// The law that holds for a chain on a day, and as what it issues.
pub(crate) fn rules(
    conn: &mut Conn,
    chain: ChainId,
    on: Day,
) -> Result<(Option<&'static PrepaidRules>, PrepaidIssuer)> {
    let issuer: PrepaidIssuer = settings::read(conn, chain)?.value;
    let (currency, _) = currency(conn, chain)?;
    Ok((prepaid::rules(&issuer.jurisdiction, &currency, on), issuer))
}

/// The chain's zone.
pub(crate) fn zone(conn: &mut Conn, chain: ChainId) -> Result<Zone> {
    let found = fetch!(conn, SelectZone, [chain] => (String,))?.pop();
    let (zone,) = found.ok_or_else(|| Error::internal("the chain is missing"))?;
    zone.parse().map_err(Error::internal)
}

/// Who paid in has to be known for as long as the law says.
///
/// # Errors
/// `in_use`, with the day from which on it may go.
pub(crate) fn check_payer_free(tx: &mut Tx<'_>, scope: DeletionScope, customer: CustomerId) -> Result<()> {
    if scope == DeletionScope::Record {
        return Ok(());
    }
    let (chain, now) = (tx.chain(), tx.business_now());
    let last = fetch!(tx.conn(), SelectLastPaid, [chain, customer] => (Option<i32>,))?.pop();
    let Some(last) = last.and_then(|(day,)| day).map(Day) else {
        return Ok(());
    };
    let today = zone(tx.conn(), chain)?.day_of(now);
    let (rules, _) = rules(tx.conn(), chain, last)?;
    let until = rules.and_then(|rules| last.add_months(rules.identity_months));
    match until.filter(|until| today < *until) {
        None => Ok(()),
        Some(until) => Err(Refusal::new(
            Code::InUse,
            format!("该顾客曾购卡或充值，购卡人身份资料依法须保存至 {until}，届时才能删除。"),
            format!(
                "They paid for stored value: the law wants their identity kept until {until}, after which it may go."
            ),
        )
        .at("/customer_id")
        .into()),
    }
}
