//! Which tags a customer has.

use crate::Engine;
use crate::actor::Actor;
use crate::archive::{find_customer, find_living_customer};
use crate::each;
use crate::error::Result;
use crate::identity::Action;
use crate::input::{Stored, Written, erased, field, not_found};
use crate::resource::counted;
use crate::store::schema::{customer_tags, tags};
use crate::store::statement::{run, statements};
use crate::store::{Answer, Conn, Id, IdempotencyKey};
use cardea_domain::id::{ChainId, CustomerId, StaffId, TagId};
use cardea_domain::{Instant, Refusal};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

statements! {
    InsertTag = "INSERT INTO customer_tags (chain_id, tag_id, customer_id, set_by, set_at) VALUES (?, ?, ?, ?, ?) \
        ON CONFLICT (chain_id, tag_id, customer_id) DO NOTHING";
    DeleteTag = "DELETE FROM customer_tags WHERE chain_id = ? AND tag_id = ? AND customer_id = ?";
}

/// Most tags of one change.
const MOST: usize = 50;

/// A tag of a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CustomerTag {
    #[schema(value_type = Uuid)]
    pub tag_id: TagId,
    pub name: String,
    #[schema(value_type = Option<Uuid>)]
    pub set_by: Option<StaffId>,
    #[schema(value_type = String, format = DateTime)]
    pub set_at: Instant,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CustomerTags {
    /// By name.
    pub items: Vec<CustomerTag>,
}

/// What is given to a customer and what taken away.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TagsChange {
    #[serde(default)]
    #[schema(value_type = Vec<Uuid>)]
    pub add: Vec<TagId>,
    #[serde(default)]
    #[schema(value_type = Vec<Uuid>)]
    pub remove: Vec<TagId>,
}

/// Gives a tag to a customer, or takes it away; whether that changed anything.
pub(crate) fn set(
    conn: &mut Conn,
    chain: ChainId,
    (tag, customer): (TagId, CustomerId),
    on: bool,
    (staff, at): (Option<StaffId>, Instant),
) -> Result<bool> {
    let changed = match on {
        true => run!(conn, InsertTag, [chain, tag.0, customer, staff, at])?,
        false => run!(conn, DeleteTag, [chain, tag.0, customer])?,
    };
    Ok(changed > 0)
}

/// The tags of a customer, by id.
pub(crate) fn of(conn: &mut Conn, chain: Id, customer: Id) -> Result<Vec<Id>> {
    Ok(each!(conn, c => customer_tags::table
        .select(customer_tags::tag_id)
        .filter(customer_tags::chain_id.eq(chain).and(customer_tags::customer_id.eq(customer)))
        .order(customer_tags::tag_id)
        .load(c)?))
}

/// Gives some of a customer's tags to another. What that one has already stays with both, so that the way back takes nothing
/// away.
pub(crate) fn give(conn: &mut Conn, (chain, ids): (Id, &[Id]), from: Id, to: Id) -> Result<()> {
    let known = of(conn, chain, to)?;
    for tag in ids.iter().filter(|tag| !known.contains(tag)) {
        let row = customer_tags::table.find((chain, *tag, from));
        each!(conn, c => diesel::update(row).set(customer_tags::customer_id.eq(to)).execute(c)?);
    }
    Ok(())
}

/// Takes every tag from somebody who is erased.
pub(crate) fn erase(conn: &mut Conn, chain: ChainId, customer: CustomerId) -> Result<()> {
    let of = customer_tags::chain_id
        .eq(Id::from(chain))
        .and(customer_tags::customer_id.eq(Id::from(customer)));
    each!(conn, c => diesel::delete(customer_tags::table.filter(of)).execute(c)?);
    Ok(())
}

/// # Errors
/// `field_invalid` for a tag that isn't there, or is archived.
pub(crate) fn check_in_use(conn: &mut Conn, chain: ChainId, wanted: &[TagId], at: &str) -> Result<()> {
    let ids: Vec<Id> = wanted.iter().map(|id| Id(id.0)).collect();
    let distinct = ids.iter().collect::<std::collections::HashSet<_>>().len() as i64;
    let known = counted!(conn, tags, chain, tags::id.eq_any(&ids).and(tags::active.eq(true)));
    match known == distinct {
        true => Ok(()),
        false => Err(field(at, "没有这个标签，或已停用", "There is no such tag, or it is archived").into()),
    }
}

impl Engine {
    /// A customer's tags.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub fn customer_tags(&self, actor: &Actor, id: CustomerId) -> Result<CustomerTags, Refusal> {
        actor.scope(Action::SegmentRead)?;
        let chain = actor.chain;
        let (store, items) = self.read(chain, |conn| {
            let customer = find_customer(conn, chain, id)?.ok_or_else(not_found)?;
            let tag = tags::chain_id
                .eq(customer_tags::chain_id)
                .and(tags::id.eq(customer_tags::tag_id));
            let of = customer_tags::chain_id
                .eq(Id::from(chain))
                .and(customer_tags::customer_id.eq(customer.id));
            let rows: Vec<(Id, String, Option<Id>, i64)> = each!(conn, c => customer_tags::table
                .inner_join(tags::table.on(tag))
                .select((tags::id, tags::name, customer_tags::set_by, customer_tags::set_at))
                .filter(of)
                .order((tags::name, tags::id))
                .load(c)?);
            Ok((customer.store_id, rows))
        })?;
        actor.require(Action::SegmentRead, Some(store.typed()))?;
        let item = |(id, name, set_by, set_at): (Id, String, Option<Id>, i64)| CustomerTag {
            tag_id: id.typed(),
            name,
            set_by: set_by.map(Id::typed),
            set_at: Instant(set_at),
        };
        Ok(CustomerTags {
            items: items.into_iter().map(item).collect(),
        })
    }

    /// Gives a customer tags and takes others away.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `field_invalid`, `customer_merged`, `erased`.
    pub async fn tag_customer(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: CustomerId,
        change: TagsChange,
    ) -> Result<Written<CustomerTags>, Refusal> {
        actor.scope(Action::CustomerUpdate)?;
        actor.scope(Action::SegmentRead)?;
        if change.add.len() + change.remove.len() > MOST {
            return Err(field("/add", "一次最多 50 个标签", "At most 50 tags at once"));
        }
        let answered = self
            .transact(actor, key, "customer.tag", move |tx| {
                let chain = tx.chain();
                let customer = find_living_customer(tx.conn(), chain, id)?.ok_or_else(not_found)?;
                tx.actor()
                    .require(Action::CustomerUpdate, Some(customer.store_id.typed()))?;
                if customer.is_erased() {
                    return Err(erased().into());
                }
                check_in_use(tx.conn(), chain, &change.add, "/add")?;
                let by = (tx.actor().staff, tx.business_now());
                for (tags, on) in [(&change.remove, false), (&change.add, true)] {
                    for tag in tags {
                        set(tx.conn(), chain, (*tag, id), on, by)?;
                    }
                }
                tx.audit(
                    "customer.tag",
                    id.0,
                    json!({ "add": change.add, "remove": change.remove }),
                );
                Answer::ok(&Stored::of(id))
            })
            .await?;
        Written::read(answered, |id| Ok(self.customer_tags(actor, id.into())?))
    }
}
