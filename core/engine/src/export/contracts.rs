//! The list of contracts as a file: figures, dates and titles; amounts are decimals of the chain's currency.

use super::{Export, What, codes};
use crate::Engine;
use crate::actor::Actor;
use crate::contract::{ContractListed, ContractQuery};
use crate::error::Result;
use crate::identity::Action;
use crate::sheet::{SheetFormat, Shown};
use crate::store::Id;
use cardea_domain::contract::ContractState;
use cardea_domain::id::{ContractTypeId, CustomerId};
use cardea_domain::money::format_minor;
use cardea_domain::{Day, Refusal, Text};
use serde::Deserialize;
use std::collections::HashMap;
use utoipa::IntoParams;

/// Contracts of one read.
const ROWS: u32 = 200;

/// Which contracts are wanted, and how.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ContractExportQuery {
    /// `csv` if absent.
    #[serde(default)]
    #[param(value_type = Option<SheetFormat>)]
    pub format: SheetFormat,
    #[param(value_type = Option<Uuid>)]
    pub type_id: Option<ContractTypeId>,
    /// The other party.
    #[param(value_type = Option<Uuid>)]
    pub customer_id: Option<CustomerId>,
    #[param(inline)]
    pub state: Option<ContractState>,
    /// How a filing number begins.
    pub number: Option<String>,
    /// Minor units: at least.
    pub amount_from: Option<i64>,
    /// Minor units: at most.
    pub amount_to: Option<i64>,
    /// Only those that end on this day or before.
    #[param(value_type = Option<String>, format = Date)]
    pub ends_by: Option<Day>,
}

impl ContractExportQuery {
    fn page(&self, after: Option<String>) -> ContractQuery {
        ContractQuery {
            type_id: self.type_id,
            customer_id: self.customer_id,
            state: self.state,
            number: self.number.clone(),
            amount_from: self.amount_from,
            amount_to: self.amount_to,
            ends_by: self.ends_by,
            text: None,
            limit: Some(ROWS),
            after,
        }
    }
}

/// What is written of contracts.
pub(super) struct Contracts {
    query: ContractExportQuery,
    stores: HashMap<Id, String>,
    staff: HashMap<Id, String>,
    currency: String,
    decimals: u32,
}

/// Names and titles of the columns, in the order of [`Contracts::shown`].
const COLUMNS: [(&str, &str, &str); 16] = [
    ("number", "归档编号", "Filing number"),
    ("type", "合同类型", "Type"),
    ("title", "标题", "Title"),
    ("customer", "顾客", "Customer"),
    ("store", "门店", "Store"),
    ("author", "经办人", "Author"),
    ("state", "状态", "State"),
    ("fulfilment", "履行情况", "Fulfilment"),
    ("amount", "金额", "Amount"),
    ("currency", "币种", "Currency"),
    ("signed_on", "签署日期", "Signed on"),
    ("starts_on", "开始日期", "First day"),
    ("ends_on", "结束日期", "Last day"),
    ("ended_on", "终止日期", "Terminated on"),
    ("supplement", "第几次补充", "Supplement"),
    ("id", "合同标识", "Contract id"),
];

impl Contracts {
    fn shown(&self, contract: ContractListed, pick: fn(&Text) -> &str) -> Vec<Shown> {
        let text = |text: Option<String>| Shown::from(text.unwrap_or_default());
        let day = |day: Option<Day>| text(day.map(|day| day.to_string()));
        let named = |names: &HashMap<Id, String>, id: Option<Id>| text(id.and_then(|id| names.get(&id).cloned()));
        let amount = contract.amount.map(|amount| format_minor(amount, self.decimals));
        let currency = amount.as_ref().map(|_| self.currency.clone());
        vec![
            text(contract.number),
            pick(&contract.type_name).to_owned().into(),
            contract.title.into(),
            pick(&contract.customer).to_owned().into(),
            named(&self.stores, Some(contract.store_id.into())),
            named(&self.staff, contract.author_id.map(Id::from)),
            pick(&contract.state.label()).to_owned().into(),
            pick(&contract.fulfilment.label()).to_owned().into(),
            text(amount),
            text(currency),
            day(contract.signed_on),
            day(contract.starts_on),
            day(contract.ends_on),
            day(contract.ended_on),
            text(contract.supplement.map(|number| number.to_string())),
            contract.id.to_string().into(),
        ]
    }
}

impl Engine {
    /// Begins a file of the contracts of one's stores, and notes who takes it away.
    ///
    /// # Errors
    /// `forbidden` without leave to take data away.
    pub async fn begin_contract_export(
        &self,
        actor: &Actor,
        query: &ContractExportQuery,
        pick: fn(&Text) -> &str,
    ) -> Result<Export, Refusal> {
        actor.scope(Action::ContractRead)?;
        actor.scope(Action::CustomerExport)?;
        let chain = self.chain(actor.chain)?;
        let (stores, staff) = self.read(actor.chain, |conn| codes(conn, actor.chain))?;
        let contracts = Contracts {
            query: query.clone(),
            stores,
            staff,
            currency: chain.currency,
            decimals: chain.minor_units,
        };
        let columns = COLUMNS.map(|(name, zh, en)| (name.to_owned(), Text::new(zh, en)));
        let what = (What::Contracts(Box::new(contracts)), query.format);
        self.begin_export(actor, what, (Vec::from(columns), None), pick).await
    }

    /// Some lines of a file of contracts, and where it goes on.
    pub(super) fn contract_rows(
        &self,
        export: &Export,
        of: &Contracts,
        after: Option<String>,
    ) -> Result<(Vec<Vec<Shown>>, Option<String>)> {
        let page = self.contracts(&export.actor, &of.query.page(after))?;
        let shown = page.items.into_iter().map(|contract| of.shown(contract, export.pick));
        Ok((shown.collect(), page.next))
    }
}
