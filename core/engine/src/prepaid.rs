//! What of a chain the law of prepaid cards looks at (D-CARD-11): a document of the chain.

use crate::error::{Error, Result};
use crate::identity::Action;
use crate::input::field;
use crate::settings::{self, Setting};
use crate::store::Conn;
use crate::store::statement::{fetch, statements};
use cardea_domain::id::ChainId;
use cardea_domain::prepaid::{self, IssuerClass, PrepaidRules};
use cardea_domain::{Day, Refusal};
use diesel::sql_types::{Integer, Text};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

statements! {
    SelectCurrency -> (Text, Integer) = "SELECT currency, minor_units FROM chains WHERE id = ?";
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
