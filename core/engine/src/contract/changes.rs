//! What differs between two versions of a contract, field by field, and within long texts by characters.

use super::document::ContractContent;
use super::read::permitted;
use super::row::{self, VersionRow};
use crate::actor::Actor;
use crate::error::Result;
use crate::identity::Action;
use crate::input::{erased, field};
use crate::keys::DocumentKey;
use crate::store::schema::contract_looks;
use crate::store::{Conn, Id};
use crate::{Engine, each};
use cardea_domain::contract::difference::{DifferingParagraph, difference};
use cardea_domain::contract::{Element, Party, PartyField, RebateAgreement};
use cardea_domain::id::ContractId;
use cardea_domain::money::{format_minor, format_ppm};
use cardea_domain::{Day, Refusal, Text};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DifferenceQuery {
    /// The earlier version; absent: the one that the reader had seen before, or the first.
    pub from: Option<i32>,
    /// The later version; absent: the present one.
    pub to: Option<i32>,
}

/// What differs between two versions.
#[derive(Clone, Serialize, ToSchema)]
pub struct ContractChanges {
    pub from: i32,
    pub to: i32,
    /// In the order of the contract; empty: nothing differs.
    pub items: Vec<ContractDifference>,
}

/// A field that differs.
#[derive(Clone, Serialize, ToSchema)]
pub struct ContractDifference {
    /// Where it stands, as a JSON Pointer into the content.
    #[schema(example = "/elements/quality")]
    pub pointer: String,
    pub label: Text,
    /// How the text before became the text after.
    pub paragraphs: Vec<DifferingParagraph>,
}

/// A place in the order of the contract, with its pointer.
type Place = (u32, String);

/// The texts of a content by their places, with their labels.
struct Flat {
    found: BTreeMap<Place, (Text, String)>,
    /// Decimals of the currency.
    decimals: u32,
}

impl Flat {
    fn of(content: &ContractContent, decimals: u32) -> Self {
        let mut flat = Self {
            found: BTreeMap::new(),
            decimals,
        };
        flat.head(content);
        for (at, element) in (100_u32..).zip(Element::ALL) {
            let text = content.elements.get(element).cloned();
            flat.put((at, format!("/elements/{element}")), element.label(), text);
        }
        flat.lines(content);
        flat.party("own_party", ("甲方", "Party A: "), &content.own_party, 3000);
        flat.party("other_party", ("乙方", "Party B: "), &content.other_party, 3100);
        for (name, value) in &content.values {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            flat.put((4000, format!("/values/{name}")), Text::new(name, name), Some(text));
        }
        flat
    }

    fn put(&mut self, place: Place, label: Text, text: Option<String>) {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            self.found.insert(place, (label, text));
        }
    }

    fn money(&self, amount: i64) -> String {
        format_minor(amount, self.decimals)
    }

    fn head(&mut self, content: &ContractContent) {
        let day = |day: Option<Day>| day.map(|day| day.to_string());
        let title = Some(content.title.clone());
        self.put((0, "/title".into()), Text::new("标题", "Title"), title);
        let (first, last) = (day(content.starts_on), day(content.ends_on));
        self.put((1, "/starts_on".into()), Text::new("开始日期", "First day"), first);
        self.put((2, "/ends_on".into()), Text::new("结束日期", "Last day"), last);
        let amount = content.amount.map(|amount| self.money(amount));
        self.put((2000, "/amount".into()), Text::new("金额", "Amount"), amount);
        let rebate = content.rebate.as_ref().map(|rebate| self.rebate(rebate));
        self.put((2050, "/rebate".into()), Text::new("返利", "Rebate"), rebate);
    }

    /// `quarter whole: 10000.00 2%, 50000.00 3%; -13%`
    fn rebate(&self, rebate: &RebateAgreement) -> String {
        let terms = &rebate.terms;
        let tiers = terms.tiers.iter();
        let tiers = tiers.map(|tier| format!("{} {}%", self.money(tier.from), format_ppm(tier.rate_ppm * 100)));
        let tax = rebate.tax_ppm.map(|tax| format!("; -{}%", format_ppm(tax * 100)));
        let tiers = tiers.collect::<Vec<_>>().join(", ");
        format!("{} {}: {tiers}{}", terms.period, terms.grading, tax.unwrap_or_default())
    }

    fn lines(&mut self, content: &ContractContent) {
        for (at, line) in (0_u32..).zip(&content.lines) {
            let label = Text::new(format!("标的第 {} 行", at + 1), format!("Line {}", at + 1));
            let said = [Some(&line.goods), line.brand.as_ref(), line.specification.as_ref()];
            let said: Vec<&str> = said.into_iter().flatten().map(String::as_str).collect();
            let text = format!(
                "{} {} {} × {} · {}%{}",
                said.join(" "),
                format_minor(line.quantity, 3),
                line.unit,
                self.money(line.unit_price),
                format_ppm(line.tax_ppm * 100),
                if line.tax_included { "" } else { " +" }
            );
            self.put((1000 + at, format!("/lines/{at}")), label, Some(text));
        }
        for (at, milestone) in (0_u32..).zip(&content.milestones) {
            let amount = milestone.amount.map(|amount| self.money(amount));
            let said = [Some(milestone.due_on.to_string()), amount, milestone.text.clone()];
            let text = said.into_iter().flatten().collect::<Vec<_>>().join(" ");
            self.put(
                (2100 + at, format!("/milestones/{at}")),
                milestone.kind.label(),
                Some(text),
            );
        }
        for (at, name) in (0_u32..).zip(&content.annexes) {
            let label = Text::new(format!("附件 {}", at + 1), format!("Annex {}", at + 1));
            self.put((2300 + at, format!("/annexes/{at}")), label, Some(name.clone()));
        }
    }

    fn party(&mut self, name: &str, (zh, en): (&str, &str), party: &Party, order: u32) {
        for (at, said) in (order..).zip(PartyField::ALL) {
            let label = said.label();
            let label = Text::new(format!("{zh}{}", label.zh), format!("{en}{}", label.en));
            self.put(
                (at, format!("/{name}/{said}")),
                label,
                party.get(*said).map(str::to_owned),
            );
        }
    }
}

/// The fields that differ.
fn differing(before: &ContractContent, after: &ContractContent, decimals: u32) -> Vec<ContractDifference> {
    let (before, after) = (Flat::of(before, decimals).found, Flat::of(after, decimals).found);
    let mut places: Vec<&Place> = before.keys().chain(after.keys()).collect();
    places.sort();
    places.dedup();
    let text = |of: &BTreeMap<Place, (Text, String)>, place: &Place| of.get(place).map(|(_, text)| text.clone());
    let differs = |place: &&Place| text(&before, place) != text(&after, place);
    places
        .into_iter()
        .filter(differs)
        .map(|place| {
            let label = after
                .get(place)
                .or_else(|| before.get(place))
                .map(|(label, _)| label.clone());
            let (old, new) = (text(&before, place), text(&after, place));
            ContractDifference {
                pointer: place.1.clone(),
                label: label.unwrap_or_else(|| Text::new(&place.1, &place.1)),
                paragraphs: difference(&old.unwrap_or_default(), &new.unwrap_or_default()),
            }
        })
        .collect()
}

fn version(rows: &[VersionRow], key: &DocumentKey, number: i32, pointer: &str) -> Result<ContractContent> {
    let missing = || field(pointer, "没有这个版本", "There is no such version");
    let row = rows.iter().find(|row| row.number == number).ok_or_else(missing)?;
    row::open(key, b"content", &row.content)
}

/// The version that the actor has seen last.
pub(super) fn seen(conn: &mut Conn, actor: &Actor, contract: Id) -> Result<Option<i32>> {
    let Some(staff) = actor.staff else { return Ok(None) };
    let place = contract_looks::table.find((Id::from(actor.chain), contract, Id::from(staff)));
    Ok(each!(conn, c => place.select(contract_looks::content_version).get_result(c).optional()?))
}

impl Engine {
    /// What differs between two versions of a contract.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `erased`, `field_invalid` for a version that there isn't.
    pub fn contract_changes(
        &self,
        actor: &Actor,
        id: ContractId,
        query: DifferenceQuery,
    ) -> Result<ContractChanges, Refusal> {
        actor.scope(Action::ContractRead)?;
        let keys = self.keys().chain(actor.chain);
        let decimals = self.chain(actor.chain)?.minor_units;
        Ok(self.read(actor.chain, |conn| {
            let (row, customer) = permitted(conn, actor, id)?;
            let key = row::key_of(&keys, &customer, &row)?.ok_or_else(erased)?;
            let rows = row::versions(conn, row.chain_id, row.id)?;
            let to = query.to.unwrap_or(row.content_version);
            let from = match query.from {
                Some(from) => from,
                None => seen(conn, actor, row.id)?.filter(|seen| *seen < to).unwrap_or(1),
            };
            let (before, after) = (version(&rows, &key, from, "/from")?, version(&rows, &key, to, "/to")?);
            let items = differing(&before, &after, decimals);
            Ok(ContractChanges { from, to, items })
        })?)
    }
}
