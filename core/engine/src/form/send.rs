//! Sending forms: a link for a customer, shown once; withdrawing them, and what became of them.

use super::answer::own_fields;
use super::row::{self, FormRow};
use super::{CustomerForm, views};
use crate::Engine;
use crate::actor::Actor;
use crate::archive::{find_customer, find_living_customer};
use crate::error::{Error, Result};
use crate::identity::Action;
use crate::input::{Stored, Written, erased, field, not_found};
use crate::keys::random;
use crate::page::{Page, PageArgs};
use crate::store::{Answer, Id, IdempotencyKey, Name, Tx};
use cardea_domain::form::{FormGroup, FormState};
use cardea_domain::id::{CustomerFormId, CustomerId};
use cardea_domain::{Code, Refusal};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use uuid::Uuid;

const DAY: i64 = 24 * 60 * 60 * 1000;
const MOST_DAYS: i64 = 30;

/// What a customer is asked for.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewForm {
    #[schema(min_items = 1)]
    pub groups: Vec<FormGroup>,
    /// How long the link works, 1–30 days; 7 if absent.
    #[schema(minimum = 1, maximum = 30)]
    pub days: Option<i64>,
}

/// Nothing needs to be said of a withdrawal.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawForm {}

/// A form and its link, which is told this once.
#[derive(Clone, Serialize, ToSchema)]
pub struct SentForm {
    pub form: CustomerForm,
    /// To be put behind the server's own address. What follows `#` never reaches a server's log.
    #[schema(example = "/form/#0193….4f6e…")]
    pub path: String,
}

pub(super) fn digest(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}

impl Engine {
    /// Makes a form for a customer; answers its link.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `erased`, `field_invalid`.
    pub async fn send_form(&self, actor: &Actor, id: CustomerId, new: NewForm) -> Result<SentForm, Refusal> {
        actor.scope(Action::CustomerUpdate)?;
        let mut groups = new.groups;
        groups.dedup();
        if groups.is_empty() {
            return Err(field("/groups", "请选择要填写的内容", "Say what is asked for"));
        }
        let days = new.days.unwrap_or(7);
        if !(1..=MOST_DAYS).contains(&days) {
            return Err(field("/days", "应为 1 至 30 天", "It is 1 to 30 days"));
        }
        let secret = hex::encode(random::<32>().map_err(Error::internal)?);
        let (kept, names) = (digest(&secret), serde_json::to_string(&groups).map_err(Error::from)?);
        let work = move |tx: &mut Tx<'_>| {
            let chain = tx.chain();
            let customer = find_living_customer(tx.conn(), chain, id)?.ok_or_else(not_found)?;
            let store = Some(customer.store_id.typed());
            tx.actor().require(Action::CustomerUpdate, store)?;
            tx.actor().require(Action::CustomerCard, store)?;
            if customer.data_key.is_none() {
                return Err(erased().into());
            }
            if groups.contains(&FormGroup::Own) && own_fields(tx.conn(), chain, &groups)?.1.is_empty() {
                let (zh, en) = (
                    "还没有可请客户填写的自定义字段",
                    "There are no own fields yet that customers can fill in",
                );
                return Err(field("/groups", zh, en).into());
            }
            let now = tx.business_now().0;
            let form: CustomerFormId = tx.new_id();
            let row = FormRow {
                chain_id: chain.into(),
                id: form.into(),
                customer_id: customer.id,
                digest: kept.clone(),
                groups: names.clone(),
                state: Name(FormState::Open),
                expires_at: now + days * DAY,
                answers: None,
                staff_id: tx.actor().staff.map(Id::from),
                created_at: now,
                answered_at: None,
                reviewed_by: None,
                reviewed_at: None,
            };
            row.insert(tx.conn())?;
            tx.audit("form.send", form.0, json!({ "customer_id": id }));
            Answer::created(&Stored::of(form))
        };
        // Told once: nothing is kept that could answer a repeat, which makes another link.
        let answered = self.transact(actor, None, "form.send", work).await?;
        let written = Written::read(answered, |id| self.customer_form(actor, id))?;
        Ok(SentForm {
            form: written.value,
            path: format!("/form/#{}.{secret}", actor.chain),
        })
    }

    /// Forms of a customer with what was answered, newest first.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `body_invalid` (limit, cursor).
    pub fn customer_forms(
        &self,
        actor: &Actor,
        id: CustomerId,
        page: &PageArgs,
    ) -> Result<Page<CustomerForm>, Refusal> {
        actor.scope(Action::CustomerCard)?;
        let (limit, before) = (page.limit()?, Id(page.after_id()?.unwrap_or(Uuid::max())));
        let (chain, keys) = (actor.chain, self.keys().chain(actor.chain));
        let now = self.clock().business(chain);
        let found = self.read(chain, |conn| {
            let customer = find_customer(conn, chain, id)?.ok_or_else(not_found)?;
            actor.require(Action::CustomerCard, Some(customer.store_id.typed()))?;
            let rows = row::select(conn, (chain.into(), customer.id), before, limit as i64 + 1)?;
            views(conn, &keys, &customer, rows, now)
        })?;
        Ok(Page::cut(found, limit, |form| form.id.to_string()))
    }

    pub(super) fn customer_form(&self, actor: &Actor, id: Uuid) -> Result<CustomerForm> {
        let (chain, keys) = (actor.chain, self.keys().chain(actor.chain));
        let now = self.clock().business(chain);
        self.read(chain, |conn| {
            let row = row::find(conn, chain.into(), Id(id))?.ok_or_else(not_found)?;
            let customer = find_customer(conn, chain, row.customer_id.typed())?.ok_or_else(not_found)?;
            let mut views = views(conn, &keys, &customer, vec![row], now)?;
            views.pop().ok_or_else(|| not_found().into())
        })
    }

    /// Makes the link of a form useless.
    ///
    /// # Errors
    /// `forbidden`, `not_found`; `decided_already` for one that was filled in or withdrawn.
    pub async fn withdraw_form(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: CustomerFormId,
    ) -> Result<Written<CustomerForm>, Refusal> {
        actor.scope(Action::CustomerUpdate)?;
        let work = move |tx: &mut Tx<'_>| {
            let (mut row, _) = writable(tx, id)?;
            if row.state.0 != FormState::Open {
                return Err(closed().into());
            }
            row.state = Name(FormState::Withdrawn);
            row.save(tx.conn())?;
            tx.audit("form.withdraw", id.0, json!({ "customer_id": row.customer_id.0 }));
            Answer::ok(&Stored::of(id))
        };
        let answered = self.transact(actor, key, "form.withdraw", work).await?;
        Written::read(answered, |id| self.customer_form(actor, id))
    }
}

pub(super) fn closed() -> Refusal {
    let (zh, en) = (
        "此表已填写、已处理或已撤回",
        "It was filled in, decided or withdrawn already",
    );
    Refusal::new(Code::DecidedAlready, zh, en)
}

/// A form and its customer, whom the actor may change.
pub(super) fn writable(tx: &mut Tx<'_>, id: CustomerFormId) -> Result<(FormRow, crate::archive::CustomerRow)> {
    let chain = tx.chain();
    let row = row::find(tx.conn(), chain.into(), id.into())?.ok_or_else(not_found)?;
    let customer = find_living_customer(tx.conn(), chain, row.customer_id.typed())?.ok_or_else(not_found)?;
    let store = Some(customer.store_id.typed());
    tx.actor().require(Action::CustomerUpdate, store)?;
    tx.actor().require(Action::CustomerCard, store)?;
    Ok((row, customer))
}
