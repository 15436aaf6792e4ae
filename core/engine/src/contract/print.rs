//! Contracts in print: what stands in one, set by its type's template.

use super::document::Contract;
use super::template::{self, TemplateWanted};
use super::{OwnParty, kind, row};
use crate::Engine;
use crate::actor::Actor;
use crate::error::Result;
use crate::fields;
use crate::identity::Action;
use crate::input::{erased, not_found};
use crate::look::NewLook;
use crate::resource::VersionedRow;
use crate::store::{Answer, Conn, Tx};
use cardea_domain::confidential::LookKind;
use cardea_domain::contract::lines::Totals;
use cardea_domain::contract::print::{
    PrintLanguage, PrintedContract, PrintedMilestone, ValuePrinted, amount_with_currency, day, sheet,
};
use cardea_domain::contract::{ContractState, Elements, Party};
use cardea_domain::fields::{FieldDefinition, FieldKind};
use cardea_domain::id::{ContractId, ContractTypeId};
use cardea_domain::money::minor_units;
use cardea_domain::{Day, Refusal, Text};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A contract as a file.
pub struct ContractPrint {
    /// Without personal data: the filing number, or the contract's id.
    pub name: String,
    pub pdf: Vec<u8>,
}

fn values(
    definitions: &[FieldDefinition],
    values: &Map<String, Value>,
    currency: &str,
) -> BTreeMap<String, ValuePrinted> {
    let minor = minor_units(currency).unwrap_or(2);
    let printed = |field: &FieldDefinition| {
        let value = values.get(&field.name)?;
        let told = |pick: fn(&Text) -> &str| fields::shown(field, value, (pick, minor)).told();
        let both = |told: &dyn Fn(PrintLanguage) -> String| Text::new(told(PrintLanguage::Zh), told(PrintLanguage::En));
        let text = match value {
            Value::String(text) if field.kind == FieldKind::Date => match text.parse::<Day>() {
                Ok(on) => both(&|language| day(on, language)),
                Err(_) => Text::new(text, text),
            },
            Value::Number(number) if field.kind == FieldKind::Money => {
                let amount = number.as_i64().unwrap_or_default();
                both(&|language| amount_with_currency(amount, currency, language))
            }
            Value::Bool(true) => Text::new("是", "Yes"),
            Value::Bool(false) => Text::new("否", "No"),
            _ => Text::new(told(|text| &text.zh), told(|text| &text.en)),
        };
        let printed = ValuePrinted {
            label: field.label.clone(),
            text,
            is_false: *value == Value::Bool(false),
        };
        Some((field.name.clone(), printed))
    };
    definitions.iter().filter_map(printed).collect()
}

fn printed(
    contract: Contract,
    (definitions, currency): (&[FieldDefinition], &str),
    main: Option<String>,
) -> PrintedContract {
    let (listed, content) = (contract.listed, contract.content);
    let milestones = content.milestones.into_iter().map(|milestone| PrintedMilestone {
        kind: milestone.kind,
        due_on: milestone.due_on,
        amount: milestone.amount,
        text: milestone.text,
    });
    PrintedContract {
        title: content.title,
        number: listed.number,
        state: listed.state,
        signed_on: listed.signed_on,
        starts_on: listed.starts_on,
        ends_on: listed.ends_on,
        amount: listed.amount,
        currency: currency.to_owned(),
        amount_in_words: contract.amount_in_words,
        values: values(definitions, &content.values, currency),
        elements: content.elements,
        lines: content.lines,
        totals: contract.totals,
        milestones: milestones.collect(),
        rebate: content.rebate,
        own_party: contract.own_party,
        other_party: contract.other_party,
        supplement: listed.supplement,
        main_number: main,
        annexes: content.annexes,
    }
}

impl Engine {
    /// A contract as a PDF: a signed one by the template it was signed with, others by the latest, marked as what they are.
    /// That it was printed is noted in the access log (D-ARC-12).
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `erased`, `unprintable`, `busy`.
    pub async fn print_contract(
        &self,
        actor: &Actor,
        id: ContractId,
        language: PrintLanguage,
    ) -> Result<ContractPrint, Refusal> {
        actor.scope(Action::ContractRead)?;
        let (chain, currency) = (actor.chain, self.chain(actor.chain)?.currency);
        let contract = self.contract_view(actor, id)?;
        if contract.listed.erased {
            return Err(erased());
        }
        let number = contract.listed.number.clone();
        let name = number.unwrap_or_else(|| id.0.to_string());
        let customer = contract.listed.customer_id;
        let laid = self.read(chain, |conn| {
            let row = row::find(conn, chain, id.into())?.ok_or_else(not_found)?;
            let definitions = definitions(conn, &row, contract.content.fields_version)?;
            let main = match row.main_id {
                Some(main) => row::find(conn, chain, main)?.and_then(|main| main.number),
                None => None,
            };
            let holding = template::of(conn, chain, row.type_id, row.template_number)?;
            let printed = printed(contract, (&definitions, &currency), main);
            Ok(sheet(&holding.template, &printed, language))
        })?;
        let pdf = self.print(laid).await?;
        if actor.staff.is_some() {
            self.transact(actor, None, "contract.print", move |tx: &mut Tx<'_>| {
                let look = NewLook {
                    kind: LookKind::Contract,
                    customer: Some(customer),
                    subject: Some(id.0),
                    what: vec!["print"],
                    why: None,
                };
                look.write(tx, None)?;
                Answer::ok(&())
            })
            .await?;
        }
        Ok(ContractPrint { name, pdf })
    }

    /// A template that isn't published yet, as a form to fill in by hand: lines to write on where a contract says something.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `field_invalid`, `unprintable`, `busy`.
    pub async fn preview_contract_template(
        &self,
        actor: &Actor,
        id: ContractTypeId,
        wanted: &TemplateWanted,
    ) -> Result<Vec<u8>, Refusal> {
        actor.scope(Action::ContractRead)?;
        let (chain, currency) = (actor.chain, self.chain(actor.chain)?.currency);
        let own: OwnParty = self.read(chain, |conn| crate::settings::read(conn, chain))?.value;
        let (kind, template) = self.read(chain, |conn| {
            let kind = kind::Row::find(conn, chain, id.into())?.ok_or_else(not_found)?;
            let template = match &wanted.template {
                Some(template) => template.clone(),
                None => template::of(conn, chain, id.into(), None)?.template,
            };
            Ok((kind, template))
        })?;
        template::checked(&template, &kind.definitions()?)?;
        let blank = blank(kind.name(), (own.0, currency), wanted.language);
        self.print(sheet(&template, &blank, wanted.language)).await
    }
}

/// Nothing but who the chain is. Not a draft: what is filled in by hand is signed as it is.
fn blank(name: Text, (own_party, currency): (Party, String), language: PrintLanguage) -> PrintedContract {
    PrintedContract {
        title: match language {
            PrintLanguage::Zh => name.zh,
            PrintLanguage::En => name.en,
        },
        number: None,
        state: ContractState::Signed,
        signed_on: None,
        starts_on: None,
        ends_on: None,
        amount: None,
        currency,
        amount_in_words: None,
        elements: Elements::new(),
        lines: Vec::new(),
        totals: Totals::default(),
        milestones: Vec::new(),
        rebate: None,
        own_party,
        other_party: Party::default(),
        values: BTreeMap::new(),
        supplement: None,
        main_number: None,
        annexes: Vec::new(),
    }
}

/// The type's fields in the version under which the contract's values were written.
fn definitions(conn: &mut Conn, row: &row::ContractRow, version: i32) -> Result<Vec<FieldDefinition>> {
    let chain = row.chain_id.typed();
    let mut kept = fields::versions(conn, chain, &row.type_id.text(), &[version])?;
    Ok(kept.remove(&version).unwrap_or_default())
}
