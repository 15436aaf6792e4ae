//! Who doesn't want messages of a purpose: said at the counter, or by one click in a mail (RFC 8058).

use crate::actor::Actor;
use crate::archive::change::rewrite;
use crate::archive::{Consent, CustomerChange, CustomerRow, find_customer, find_living_customer, survivor};
use crate::error::{Error, Result};
use crate::identity::Action;
use crate::input::{Stored, Written, field, not_found};
use crate::keys::ChainKeys;
use crate::store::schema::message_refusals;
use crate::store::{Answer, Conn, Id, IdempotencyKey, Name, Tx};
use crate::{Engine, each};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cardea_domain::id::{ChainId, CustomerId};
use cardea_domain::message::Purpose;
use cardea_domain::{Code, Refusal};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;
use utoipa::ToSchema;
use uuid::Uuid;

/// What a customer can refuse. What happened to their card they are told in any case.
const REFUSABLE: [Purpose; 2] = [Purpose::Reminder, Purpose::Marketing];
const LINK: &[u8] = b"unsubscribe";

/// What a customer doesn't want to get.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RefusalsView {
    /// `reminder`, `marketing`; marketing is refused by who hasn't agreed to it.
    pub refused: Vec<Purpose>,
}

/// All that a customer doesn't want to get.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefusalsChange {
    /// `reminder`, `marketing`. Who doesn't refuse marketing agrees to it.
    pub refused: Vec<Purpose>,
}

/// Customers among these who want no reminders.
pub(super) fn refusing(conn: &mut Conn, chain: ChainId, ids: &[Id]) -> Result<BTreeSet<Id>> {
    let own = message_refusals::chain_id
        .eq(Id::from(chain))
        .and(message_refusals::customer_id.eq_any(ids));
    let rows: Vec<Id> = each!(conn, c => message_refusals::table
        .select(message_refusals::customer_id)
        .filter(own.and(message_refusals::purpose.eq(Name(Purpose::Reminder))))
        .load(c)?);
    Ok(rows.into_iter().collect())
}

/// Whoever of two who are one wanted no reminders, the one gets none.
pub(crate) fn inherit_refusals(conn: &mut Conn, chain: Id, from: Id, to: Id) -> Result<()> {
    let of = |customer: Id| {
        message_refusals::table.filter(
            message_refusals::chain_id
                .eq(chain)
                .and(message_refusals::customer_id.eq(customer)),
        )
    };
    let taken: Vec<(Name<Purpose>, i64)> =
        each!(conn, c => of(from).select((message_refusals::purpose, message_refusals::at)).load(c)?);
    for (purpose, at) in taken {
        let row = (
            (
                message_refusals::chain_id.eq(chain),
                message_refusals::customer_id.eq(to),
            ),
            (message_refusals::purpose.eq(purpose), message_refusals::at.eq(at)),
        );
        each!(conn, c => diesel::insert_into(message_refusals::table).values(row).on_conflict_do_nothing().execute(c)?);
    }
    Ok(())
}

fn refused(conn: &mut Conn, row: &CustomerRow) -> Result<Vec<Purpose>> {
    let reminders = refusing(conn, row.chain_id.typed(), &[row.id])?.contains(&row.id);
    let stands = |purpose: &Purpose| match purpose {
        Purpose::Reminder => reminders,
        Purpose::Marketing => !row.consent_marketing,
        Purpose::Work | Purpose::Account => false,
    };
    Ok(REFUSABLE.into_iter().filter(stands).collect())
}

/// Writes what a customer refuses.
fn write(tx: &mut Tx<'_>, engine: &Engine, keys: &ChainKeys, row: CustomerRow, wanted: &[Purpose]) -> Result<()> {
    let (chain, id) = (tx.chain(), row.id);
    let before = refused(tx.conn(), &row)?;
    let place = message_refusals::table.find((Id::from(chain), id, Name(Purpose::Reminder)));
    let reminders = wanted.contains(&Purpose::Reminder);
    if reminders && !before.contains(&Purpose::Reminder) {
        let new = (
            (
                message_refusals::chain_id.eq(Id::from(chain)),
                message_refusals::customer_id.eq(id),
            ),
            (
                message_refusals::purpose.eq(Name(Purpose::Reminder)),
                message_refusals::at.eq(tx.business_now().0),
            ),
        );
        each!(tx.conn(), c => diesel::insert_into(message_refusals::table).values(new).execute(c)?);
    } else if !reminders {
        each!(tx.conn(), c => diesel::delete(place).execute(c)?);
    }
    let marketing = !wanted.contains(&Purpose::Marketing);
    if marketing != row.consent_marketing {
        let consent = Consent {
            marketing,
            privacy: row.consent_privacy,
        };
        let patch = CustomerChange {
            consent: Some(consent),
            ..CustomerChange::default()
        };
        let change = engine.change(tx.actor(), patch)?;
        rewrite(tx, keys, row, &change)?;
    }
    tx.audit(
        "message_refusals.update",
        id.0,
        json!({ "before": before, "refused": wanted }),
    );
    Ok(())
}

/// The link of a mail. It names nobody: chain, and sealed the customer and the purpose.
pub(super) fn link(keys: &ChainKeys, url: &str, (chain, customer): (ChainId, Id), purpose: Purpose) -> Result<String> {
    let said = [customer.0.as_bytes().as_slice(), purpose.as_str().as_bytes()].concat();
    let sealed = keys.seal_text(LINK, &said).map_err(Error::internal)?;
    let token = URL_SAFE_NO_PAD.encode([chain.0.as_bytes().as_slice(), &sealed].concat());
    Ok(format!("{url}/unsubscribe?t={token}"))
}

fn useless() -> Refusal {
    Refusal::new(
        Code::NotFound,
        "链接无效。如需退订，请直接回复邮件或联系门店。",
        "This link doesn't work. To unsubscribe, answer the mail or ask your shop.",
    )
}

impl Engine {
    /// What a link is about. Nobody guesses one: it is sealed.
    ///
    /// # Errors
    /// `not_found` for whatever is wrong with it.
    pub fn unsubscribe_link(&self, token: &str) -> Result<(ChainId, CustomerId, Purpose), Refusal> {
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| useless())?;
        let (chain, sealed) = bytes.split_at_checked(16).ok_or_else(useless)?;
        let chain = ChainId(Uuid::from_slice(chain).map_err(|_| useless())?);
        let opened = self
            .keys()
            .chain(chain)
            .open_text(LINK, sealed)
            .map_err(|_| useless())?;
        let (customer, purpose) = opened.split_at_checked(16).ok_or_else(useless)?;
        let customer = CustomerId(Uuid::from_slice(customer).map_err(|_| useless())?);
        let purpose = std::str::from_utf8(purpose).ok().and_then(|name| name.parse().ok());
        Ok((chain, customer, purpose.ok_or_else(useless)?))
    }

    /// Does what a link says. Doing it again changes nothing.
    ///
    /// # Errors
    /// As [`Engine::unsubscribe_link`].
    pub async fn unsubscribe(&self, token: &str) -> Result<(), Refusal> {
        let (chain, customer, purpose) = self.unsubscribe_link(token)?;
        let keys = self.keys().chain(chain);
        let engine = self.clone();
        let work = move |tx: &mut Tx<'_>| {
            let found = find_customer(tx.conn(), chain, customer)?;
            let living = found.map(|row| survivor(tx.conn(), &row)).transpose()?.flatten();
            // Nothing is sent to who was erased.
            if let Some(row) = living.filter(|row| row.data_key.is_some()) {
                let mut wanted = refused(tx.conn(), &row)?;
                if !wanted.contains(&purpose) {
                    wanted.push(purpose);
                    write(tx, &engine, &keys, row, &wanted)?;
                }
            }
            Answer::ok(&json!({}))
        };
        let system = Actor::system(chain);
        self.transact(&system, None, "message_refusals.unsubscribe", work)
            .await?;
        Ok(())
    }

    /// # Errors
    /// `forbidden`, `not_found`.
    pub fn message_refusals(&self, actor: &Actor, id: CustomerId) -> Result<RefusalsView, Refusal> {
        actor.scope(Action::CustomerRead)?;
        Ok(self.read(actor.chain, |conn| {
            let row = find_living_customer(conn, actor.chain, id)?.ok_or_else(not_found)?;
            actor.require(Action::CustomerRead, Some(row.store_id.typed()))?;
            Ok(RefusalsView {
                refused: refused(conn, &row)?,
            })
        })?)
    }

    /// # Errors
    /// `forbidden`, `not_found`, `customer_merged`, `field_invalid` for a purpose that can't be refused.
    pub async fn update_message_refusals(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: CustomerId,
        change: RefusalsChange,
    ) -> Result<Written<RefusalsView>, Refusal> {
        actor.scope(Action::CustomerUpdate)?;
        if let Some(other) = change.refused.iter().find(|purpose| !REFUSABLE.contains(purpose)) {
            let (zh, en) = (
                format!("不能拒收“{other}”类消息；只能拒收提醒（reminder）和营销（marketing）"),
                format!("Messages of purpose {other} can't be refused, only reminder and marketing"),
            );
            return Err(field("/refused", &zh, &en));
        }
        let keys = Arc::new(self.keys().chain(actor.chain));
        let engine = self.clone();
        let work = move |tx: &mut Tx<'_>| {
            let chain = tx.chain();
            let row = find_living_customer(tx.conn(), chain, id)?.ok_or_else(not_found)?;
            tx.actor().require(Action::CustomerUpdate, Some(row.store_id.typed()))?;
            if row.is_erased() {
                return Err(crate::input::erased().into());
            }
            write(tx, &engine, &keys, row, &change.refused)?;
            Answer::ok(&Stored::of(id))
        };
        let answered = self.transact(actor, key, "message_refusals.update", work).await?;
        Written::read(answered, |_| Ok(self.message_refusals(actor, id)?))
    }
}
