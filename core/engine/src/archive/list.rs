//! Lists of customers: found by what was typed, or narrowed to a consultant's and to a class.

use super::customer::{CustomerView, view};
use super::row;
use super::search::{self, Lookup, Only};
use crate::Engine;
use crate::actor::Actor;
use crate::error::Result;
use crate::identity::Action;
use crate::page::{Page, PageArgs};
use cardea_domain::Refusal;
use cardea_domain::classes::Dimension;
use cardea_domain::id::StaffId;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{IntoParams, PartialSchema, ToSchema};

/// Which customers are asked for; every part narrows the list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CustomerQuery {
    /// Name or part of it, its sound, a whole phone number, last four digits of one, or another number. Absent: all.
    pub query: Option<String>,
    /// Only whom this consultant looks after.
    #[param(value_type = Option<Uuid>)]
    pub consultant_id: Option<StaffId>,
    /// Only who is in this class, as `volume-a`.
    #[param(inline)]
    pub class: Option<ClassNamed>,
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

/// A dimension and one of its classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClassNamed {
    pub dimension: Dimension,
    pub class: &'static str,
}

impl ClassNamed {
    fn all() -> impl Iterator<Item = Self> {
        let of = |dimension: &Dimension| {
            let dimension = *dimension;
            dimension.classes().iter().map(move |class| Self { dimension, class })
        };
        Dimension::ALL.iter().flat_map(of)
    }

    fn name(self) -> String {
        format!("{}-{}", self.dimension.as_str(), self.class)
    }
}

impl<'de> Deserialize<'de> for ClassNamed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let known = Self::all().find(|class| class.name() == text);
        known.ok_or_else(|| D::Error::custom(format!("no class {text:?}")))
    }
}

impl PartialSchema for ClassNamed {
    fn schema() -> RefOr<Schema> {
        let names = Self::all().map(Self::name);
        ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(names))
            .into()
    }
}

impl ToSchema for ClassNamed {}

impl Engine {
    /// Customers found by phone, last four digits or name, newest first; all of them without a query. A whole phone
    /// number finds a member of any store, everything else stays within the actor's own.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (limit, cursor).
    pub fn customers(&self, actor: &Actor, asked: &CustomerQuery) -> Result<Page<CustomerView>, Refusal> {
        let text = asked.query.as_deref();
        let lookup = text.and_then(Lookup::parse);
        let exact = lookup.as_ref().is_some_and(Lookup::is_exact);
        let narrowed = asked.class.is_some() || asked.consultant_id.is_some();
        let scope = actor.scope(match exact && !narrowed {
            true => Action::CustomerLookup,
            false => Action::CustomerRead,
        })?;
        let page = PageArgs::new(asked.limit, asked.after.as_deref());
        let (limit, after) = (page.limit()?, page.after_id()?.map(Into::into));
        let keys = self.keys().chain(actor.chain);
        let only = Only {
            scope: &scope,
            consultant: asked.consultant_id.map(Into::into),
            class: asked.class,
        };
        let views = self.read(actor.chain, |conn| {
            let mut ids = search::find(conn, &keys, (actor.chain, &only), lookup.as_ref(), after, limit + 1)?;
            if let Some(text) = text.filter(|_| after.is_none()) {
                ids.extend(search::by_number_elsewhere(conn, &keys, (actor.chain, &only), text)?);
            }
            let rows = row::load(conn, actor.chain, &ids)?;
            rows.into_iter()
                .rev()
                .map(|row| view(row.contact(&keys)?, row))
                .collect::<Result<Vec<_>>>()
        })?;
        Ok(Page::cut(views, limit, |view| view.id.to_string()))
    }
}
