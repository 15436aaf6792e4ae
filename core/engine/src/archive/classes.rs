//! Classes of customers (D-ARC-3): by hand with who and when, computed ones with their rule and figures.

use super::row;
use crate::actor::Actor;
use crate::error::Result;
use crate::identity::Action;
use crate::input::{Stored, Written, check_version, erased, field, not_found};
use crate::resource::counted;
use crate::store::schema::{class_rules, customer_classes, regions};
use crate::store::{Answer, Conn, Id, IdempotencyKey, Name};
use crate::{Engine, each};
use cardea_domain::classes::{Basis, ClassRules, Dimension, place, reason};
use cardea_domain::id::{ChainId, CustomerId, StaffId};
use cardea_domain::{Day, Instant, Refusal, Text};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// One class of a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CustomerClass {
    pub dimension: Dimension,
    #[schema(example = "a")]
    pub class: String,
    /// Set by a person: the job leaves it alone.
    pub manual: bool,
    /// Who set it; null: computed.
    #[schema(value_type = Option<Uuid>)]
    pub set_by: Option<StaffId>,
    #[schema(value_type = String, format = DateTime)]
    pub set_at: Instant,
    /// The rule behind a computed one, with its figures as they were.
    pub why: Option<Text>,
}

/// All classes of a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CustomerClasses {
    pub items: Vec<CustomerClass>,
}

/// A class set by hand.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewClass {
    pub dimension: Dimension,
    /// One of the dimension's classes; of regions a code in use, of routes a number from 1 to 9999. null takes back what was
    /// set by hand: the next computation sets its own.
    #[schema(example = "partner")]
    pub class: Option<String>,
}

impl NewClass {
    /// # Errors
    /// `field_invalid`; whether a region is there is seen in the transaction.
    fn check(&self) -> Result<(), Refusal> {
        let (Some(class), known) = (self.class.as_deref(), self.dimension.classes()) else {
            return Ok(());
        };
        let (right, known) = match self.dimension {
            Dimension::Region => (true, String::new()),
            Dimension::Route => (place(class).is_some(), "1–9999".to_owned()),
            _ => (known.contains(&class), known.join(", ")),
        };
        if right {
            return Ok(());
        }
        let (zh, en) = (format!("可选：{known}"), format!("One of: {known}"));
        Err(field("/class", &zh, &en))
    }
}

/// # Errors
/// `field_invalid` for a region that isn't there, or is archived.
fn check_region(conn: &mut Conn, chain: ChainId, code: &str) -> Result<()> {
    let known = counted!(
        conn,
        regions,
        chain,
        regions::code.eq(code).and(regions::active.eq(true))
    );
    match known {
        0 => Err(field(
            "/class",
            "没有这个大区，或已停用",
            "There is no such region, or it is archived",
        )
        .into()),
        _ => Ok(()),
    }
}

/// The rules of computed classes, and when they were applied last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ClassRulesView {
    pub rules: ClassRules,
    /// null: not yet.
    #[schema(value_type = Option<String>, format = Date)]
    pub computed_on: Option<Day>,
    /// Rises with every change; the ETag.
    pub version: i64,
}

/// Rules that replace the present ones.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClassRulesChange {
    pub rules: ClassRules,
}

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = customer_classes)]
pub(crate) struct ClassRow {
    pub chain_id: Id,
    pub customer_id: Id,
    pub dimension: Name<Dimension>,
    pub class: String,
    pub manual: bool,
    pub basis: Option<String>,
    pub set_by: Option<Id>,
    pub set_at: i64,
}

impl ClassRow {
    fn view(self, minor_units: u32) -> Result<CustomerClass> {
        let basis: Option<Basis> = self.basis.as_deref().map(serde_json::from_str).transpose()?;
        Ok(CustomerClass {
            dimension: self.dimension.0,
            class: self.class,
            manual: self.manual,
            set_by: self.set_by.map(Id::typed),
            set_at: Instant(self.set_at),
            why: basis.map(|basis| reason(self.dimension.0, &basis, minor_units)),
        })
    }
}

/// Classes of customers from one id (exclusive) to another (inclusive), by customer.
pub(crate) fn between(conn: &mut Conn, chain: ChainId, after: Id, last: Id) -> Result<Vec<ClassRow>> {
    Ok(each!(conn, c => customer_classes::table
        .select(ClassRow::as_select())
        .filter(customer_classes::chain_id.eq(Id::from(chain)))
        .filter(customer_classes::customer_id.gt(after).and(customer_classes::customer_id.le(last)))
        .order((customer_classes::customer_id, customer_classes::dimension))
        .load(c)?))
}

/// A customer's class along a dimension, in the transaction that replaces it.
pub(crate) fn along(conn: &mut Conn, chain: Id, customer: Id, dimension: Dimension) -> Result<Option<ClassRow>> {
    let dimension = Name(dimension);
    Ok(each!(conn, c => customer_classes::table
        .find((chain, customer, dimension))
        .select(ClassRow::as_select())
        .get_result(c)
        .optional()?))
}

/// Puts a row in place of the one there was.
pub(crate) fn replace(conn: &mut Conn, row: &ClassRow) -> Result<()> {
    remove(conn, row.chain_id, row.customer_id, row.dimension.0)?;
    each!(conn, c => diesel::insert_into(customer_classes::table).values(row).execute(c)?);
    Ok(())
}

/// Takes a customer's class along a dimension away.
pub(crate) fn remove(conn: &mut Conn, chain: Id, customer: Id, dimension: Dimension) -> Result<()> {
    let dimension = Name(dimension);
    each!(conn, c => diesel::delete(customer_classes::table.find((chain, customer, dimension))).execute(c)?);
    Ok(())
}

/// The chain's rules; the usual ones at version 0 where it has set none.
pub(crate) fn rules(conn: &mut Conn, chain: ChainId) -> Result<ClassRulesView> {
    let found: Option<(String, Option<i32>, i64)> = each!(conn, c => class_rules::table
        .filter(class_rules::chain_id.eq(Id::from(chain)))
        .select((class_rules::rules, class_rules::computed_on, class_rules::version))
        .get_result(c)
        .optional()?);
    let Some((rules, computed_on, version)) = found else {
        return Ok(ClassRulesView {
            rules: ClassRules::default(),
            computed_on: None,
            version: 0,
        });
    };
    Ok(ClassRulesView {
        rules: serde_json::from_str(&rules)?,
        computed_on: computed_on.map(Day),
        version,
    })
}

/// Saves rules, or when they were applied.
pub(crate) fn save_rules(conn: &mut Conn, chain: ChainId, view: &ClassRulesView) -> Result<()> {
    let chain = Id::from(chain);
    let row = (
        class_rules::chain_id.eq(chain),
        class_rules::rules.eq(serde_json::to_string(&view.rules)?),
        class_rules::computed_on.eq(view.computed_on.map(|day| day.0)),
        class_rules::version.eq(view.version),
    );
    each!(conn, c => {
        diesel::delete(class_rules::table.find(chain)).execute(c)?;
        diesel::insert_into(class_rules::table).values(row).execute(c)?;
    });
    Ok(())
}

impl Engine {
    /// A customer's classes.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub fn customer_classes(&self, actor: &Actor, id: CustomerId) -> Result<CustomerClasses, Refusal> {
        actor.scope(Action::CustomerCard)?;
        let (chain, minor_units) = (actor.chain, self.chain(actor.chain)?.minor_units);
        let (store, rows) = self.read(chain, |conn| {
            let customer = row::find(conn, chain, id)?.ok_or_else(not_found)?;
            let id = Id::from(id);
            let rows: Vec<ClassRow> = each!(conn, c => customer_classes::table
                .select(ClassRow::as_select())
                .filter(customer_classes::chain_id.eq(Id::from(chain)).and(customer_classes::customer_id.eq(id)))
                .order(customer_classes::dimension)
                .load(c)?);
            Ok((customer.store_id.typed(), rows))
        })?;
        actor.require(Action::CustomerCard, Some(store))?;
        let items = rows.into_iter().map(|row| row.view(minor_units));
        Ok(CustomerClasses {
            items: items.collect::<Result<_>>()?,
        })
    }

    /// Sets a customer's class by hand, or takes back what was set by hand.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `field_invalid`.
    pub async fn classify_customer(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: CustomerId,
        new: NewClass,
    ) -> Result<Written<CustomerClasses>, Refusal> {
        actor.scope(Action::CustomerUpdate)?;
        new.check()?;
        let answered = self
            .transact(actor, key, "customer.classify", move |tx| {
                let (chain, dimension) = (tx.chain(), new.dimension);
                let customer = row::find_living(tx.conn(), chain, id)?.ok_or_else(not_found)?;
                tx.actor()
                    .require(Action::CustomerUpdate, Some(customer.store_id.typed()))?;
                tx.actor()
                    .require(Action::CustomerCard, Some(customer.store_id.typed()))?;
                if customer.data_key.is_none() {
                    return Err(erased().into());
                }
                if let (Dimension::Region, Some(code)) = (dimension, &new.class) {
                    check_region(tx.conn(), chain, code)?;
                }
                let before = along(tx.conn(), customer.chain_id, customer.id, dimension)?;
                match &new.class {
                    Some(class) => {
                        let row = ClassRow {
                            chain_id: customer.chain_id,
                            customer_id: customer.id,
                            dimension: Name(dimension),
                            class: class.clone(),
                            manual: true,
                            basis: None,
                            set_by: tx.actor().staff.map(Id::from),
                            set_at: tx.business_now().0,
                        };
                        replace(tx.conn(), &row)?;
                    }
                    None if before.as_ref().is_some_and(|before| before.manual) => {
                        remove(tx.conn(), customer.chain_id, customer.id, dimension)?;
                    }
                    None => {}
                }
                let detail = json!({
                    "dimension": dimension, "class": new.class, "before": before.map(|before| before.class),
                });
                tx.audit("customer.classify", id.0, detail);
                Answer::ok(&Stored::of(id))
            })
            .await?;
        Written::read(answered, |id| Ok(self.customer_classes(actor, id.into())?))
    }

    /// The rules of computed classes.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn class_rules(&self, actor: &Actor) -> Result<ClassRulesView, Refusal> {
        actor.scope(Action::CustomerLookup)?;
        Ok(self.read(actor.chain, |conn| rules(conn, actor.chain))?)
    }

    /// Sets the rules of computed classes; they hold from the next computation on.
    ///
    /// # Errors
    /// `forbidden`, `version_conflict`, `field_invalid`.
    pub async fn update_class_rules(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        version: i64,
        change: ClassRulesChange,
    ) -> Result<Written<ClassRulesView>, Refusal> {
        actor.require(Action::ConfigurationWrite, None)?;
        if let Some(name) = change.rules.fault() {
            let pointer = format!("/rules/{name}");
            let (zh, en) = (
                "月数 1–120，占比 A ≤ B ≤ 100%，常客次数少于忠诚客户次数",
                "Months 1–120, shares A ≤ B ≤ 100 %, fewer purchases for regular than for loyal",
            );
            return Err(field(&pointer, zh, en));
        }
        let answered = self
            .transact(actor, key, "class_rules.update", move |tx| {
                let chain = tx.chain();
                let old = rules(tx.conn(), chain)?;
                check_version(old.version, version)?;
                let new = ClassRulesView {
                    rules: change.rules,
                    // With other rules it is due again.
                    computed_on: None,
                    version: version + 1,
                };
                save_rules(tx.conn(), chain, &new)?;
                tx.audit("class_rules.update", chain.0, json!({ "rules": change.rules }));
                Answer::ok(&Stored::of(chain))
            })
            .await?;
        Written::read(answered, |_| self.read(actor.chain, |conn| rules(conn, actor.chain)))
    }
}
