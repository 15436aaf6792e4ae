//! Customers who may be one person, in pairs: those with the same phone, identity number, external number, or name and
//! birthday.

use crate::Engine;
use crate::actor::Actor;
use crate::archive::customer::view;
use crate::archive::{CustomerView, row};
use crate::each;
use crate::error::Result;
use crate::identity::Action;
use crate::keys::IndexKind;
use crate::page::{Page, PageArgs};
use crate::store::schema::customer_indexes;
use crate::store::{Conn, Id};
use cardea_domain::id::{ChainId, CustomerId};
use cardea_domain::{Code, Refusal, named};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

named! {
/// What two customers share.
pub enum DuplicateKind {
    Phone = "phone",
    Identity = "identity",
    /// Number in another system, whatever its width, case and blanks.
    ExternalRef = "external_ref",
    NameBirth = "name_birth",
}
}

impl DuplicateKind {
    pub(crate) fn index(self) -> IndexKind {
        match self {
            DuplicateKind::Phone => IndexKind::Phone,
            DuplicateKind::Identity => IndexKind::Identity,
            DuplicateKind::ExternalRef => IndexKind::ExternalRef,
            DuplicateKind::NameBirth => IndexKind::NameBirth,
        }
    }
}

// `C` is a customer as it is shown.
/// Two customers side by side who may be one.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CustomerPair<C = CustomerView> {
    pub by: DuplicateKind,
    /// Who was registered first.
    pub first: C,
    pub second: C,
    #[serde(skip)]
    cursor: String,
}

impl CustomerPair {
    /// The same pair, shown otherwise.
    pub fn shown<C>(self, show: impl Fn(CustomerView) -> C) -> CustomerPair<C> {
        CustomerPair {
            by: self.by,
            first: show(self.first),
            second: show(self.second),
            cursor: self.cursor,
        }
    }
}

#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DuplicateQuery {
    /// What two must share.
    pub by: DuplicateKind,
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

/// A pair's place in the order of digests, then ids.
#[derive(Clone, PartialEq, Eq)]
struct Place {
    digest: Vec<u8>,
    first: Id,
    second: Id,
}

impl Place {
    fn begin() -> Self {
        let nil = Id(Uuid::nil());
        Self {
            digest: Vec::new(),
            first: nil,
            second: nil,
        }
    }

    fn text(&self) -> String {
        format!(
            "{}.{}.{}",
            hex::encode(&self.digest),
            self.first.text(),
            self.second.text()
        )
    }

    fn parse(text: &str) -> Result<Self, Refusal> {
        let wrong = || Refusal::new(Code::BodyInvalid, "after 不是有效的游标", "after isn't a cursor").at("/after");
        let mut parts = text.split('.');
        let mut next = || parts.next().ok_or_else(wrong);
        let digest = hex::decode(next()?).map_err(|_| wrong())?;
        let mut id = || -> Result<Id, Refusal> { Ok(Id(next()?.parse::<Uuid>().map_err(|_| wrong())?)) };
        Ok(Self {
            digest,
            first: id()?,
            second: id()?,
        })
    }
}

fn select(conn: &mut Conn, chain: ChainId, kind: IndexKind, after: &Place, limit: i64) -> Result<Vec<Place>> {
    let others = diesel::alias!(customer_indexes as others);
    let same = others
        .field(customer_indexes::chain_id)
        .eq(customer_indexes::chain_id)
        .and(others.field(customer_indexes::kind).eq(customer_indexes::kind))
        .and(others.field(customer_indexes::digest).eq(customer_indexes::digest))
        .and(
            others
                .field(customer_indexes::customer_id)
                .gt(customer_indexes::customer_id),
        );
    let second = others.field(customer_indexes::customer_id);
    let digest = after.digest.as_slice();
    let later = customer_indexes::customer_id
        .gt(after.first)
        .or(customer_indexes::customer_id
            .eq(after.first)
            .and(second.gt(after.second)));
    let rows: Vec<(Vec<u8>, Id, Id)> = each!(conn, c => customer_indexes::table
        .inner_join(others.on(same))
        .select((customer_indexes::digest, customer_indexes::customer_id, second))
        .filter(customer_indexes::chain_id.eq(Id::from(chain)).and(customer_indexes::kind.eq(kind.as_str())))
        .filter(customer_indexes::digest.ge(digest))
        .filter(customer_indexes::digest.gt(digest).or(later))
        .order((customer_indexes::digest, customer_indexes::customer_id, second))
        .limit(limit)
        .load(c)?);
    let place = |(digest, first, second)| Place { digest, first, second };
    Ok(rows.into_iter().map(place).collect())
}

impl Engine {
    /// Customers of the whole chain who may be one, in pairs.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (limit, cursor).
    pub fn duplicate_customers(&self, actor: &Actor, query: &DuplicateQuery) -> Result<Page<CustomerPair>, Refusal> {
        actor.require(Action::CustomerMerge, None)?;
        let limit = PageArgs::new(query.limit, None).limit()?;
        let after = query.after.as_deref().map(Place::parse).transpose()?;
        let after = after.unwrap_or_else(Place::begin);
        let (chain, keys) = (actor.chain, self.keys().chain(actor.chain));
        let pairs = self.read(chain, |conn| {
            let places = select(conn, chain, query.by.index(), &after, limit as i64 + 1)?;
            let mut ids: Vec<CustomerId> = places
                .iter()
                .flat_map(|place| [place.first.typed(), place.second.typed()])
                .collect();
            ids.sort_unstable();
            ids.dedup();
            let rows = row::load(conn, chain, &ids)?;
            let views = rows
                .into_iter()
                .map(|row| Ok((row.id, view(row.contact(&keys)?, row)?)));
            let views: HashMap<Id, CustomerView> = views.collect::<Result<_>>()?;
            let pair = |place: Place| {
                Some(CustomerPair {
                    by: query.by,
                    first: views.get(&place.first)?.clone(),
                    second: views.get(&place.second)?.clone(),
                    cursor: place.text(),
                })
            };
            Ok(places.into_iter().filter_map(pair).collect::<Vec<_>>())
        })?;
        Ok(Page::cut(pairs, limit, |pair| pair.cursor.clone()))
    }
}
