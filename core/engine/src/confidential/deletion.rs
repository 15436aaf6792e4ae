//! Deletions: one person asks, a second one decides.

use super::erasure;
use crate::actor::{Actor, Role};
use crate::approval::{self, Agreed, ApprovalKind, Remark, Wanted};
use crate::archive::{find_customer, find_living_customer, people};
use crate::error::Result;
use crate::identity::{Action, StoreScope};
use crate::input::{self, Stored, Written, erased, exists, field, not_found};
use crate::keys::ChainKeys;
use crate::page::{Page, PageArgs};
use crate::store::schema::{customers, deletions, records};
use crate::store::{Answer, Conn, Id, IdempotencyKey, Name, Tx};
use crate::{Engine, contract, each, prepaid};
use cardea_domain::approval::ApprovalState;
use cardea_domain::confidential::{DeletionGround, DeletionScope, DeletionState};
use cardea_domain::id::{ChainId, CustomerId, DeletionId, RecordId, StaffId};
use cardea_domain::{Code, Instant, Refusal, Text};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDeletion {
    pub scope: DeletionScope,
    #[schema(value_type = Uuid)]
    pub customer_id: CustomerId,
    /// Where one record goes.
    #[schema(value_type = Option<Uuid>)]
    pub record_id: Option<RecordId>,
    pub ground: DeletionGround,
    /// Number of the letter or file that says so; no name, for it stays.
    #[schema(pattern = r"^[A-Za-z0-9._\-]{1,32}$", max_length = 32)]
    pub reference: Option<String>,
}

/// Nothing needs to be said of a yes or no.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Decision {}

/// Something that is to go, or has gone.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Deletion {
    #[schema(value_type = Uuid)]
    pub id: DeletionId,
    pub scope: DeletionScope,
    #[schema(value_type = Uuid)]
    pub customer_id: CustomerId,
    /// Surname and form of address, as long as there is one.
    pub customer: Text,
    #[schema(value_type = Option<Uuid>)]
    pub record_id: Option<RecordId>,
    pub ground: DeletionGround,
    pub reference: Option<String>,
    pub state: DeletionState,
    #[schema(value_type = String, format = DateTime)]
    pub noted_at: Instant,
    /// The first person.
    #[schema(value_type = Option<Uuid>)]
    pub requested_by: Option<StaffId>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub requested_at: Option<Instant>,
    /// The second.
    #[schema(value_type = Option<Uuid>)]
    pub decided_by: Option<StaffId>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub decided_at: Option<Instant>,
}

#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DeletionQuery {
    pub state: Option<DeletionState>,
    #[param(value_type = Option<Uuid>)]
    pub customer_id: Option<CustomerId>,
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = deletions, primary_key(chain_id, id), treat_none_as_null = true)]
pub(crate) struct DeletionRow {
    pub chain_id: Id,
    pub id: Id,
    pub scope: Name<DeletionScope>,
    pub customer_id: Id,
    pub record_id: Option<Id>,
    pub ground: Name<DeletionGround>,
    pub reference: Option<String>,
    pub state: Name<DeletionState>,
    pub noted_at: i64,
    pub requested_by: Option<Id>,
    pub requested_at: Option<i64>,
    pub decided_by: Option<Id>,
    pub decided_at: Option<i64>,
}

impl DeletionRow {
    /// A row of now, in no state that anybody has answered for.
    pub fn new(tx: &mut Tx<'_>, scope: DeletionScope, customer: CustomerId, ground: DeletionGround) -> Self {
        Self {
            chain_id: tx.chain().into(),
            id: tx.new_id::<DeletionId>().into(),
            scope: Name(scope),
            customer_id: customer.into(),
            record_id: None,
            ground: Name(ground),
            reference: None,
            state: Name(DeletionState::Due),
            noted_at: tx.business_now().0,
            requested_by: None,
            requested_at: None,
            decided_by: None,
            decided_at: None,
        }
    }

    pub fn insert(&self, conn: &mut Conn) -> Result<()> {
        each!(conn, c => diesel::insert_into(deletions::table).values(self).execute(c)?);
        Ok(())
    }

    fn save(&self, conn: &mut Conn) -> Result<()> {
        each!(conn, c => diesel::update(deletions::table.find((self.chain_id, self.id))).set(self).execute(c)?);
        Ok(())
    }

    /// In the audit log.
    fn told(&self) -> Value {
        json!({ "state": self.state.0, "scope": self.scope.0, "customer_id": self.customer_id.0 })
    }

    fn view(self, customers: &HashMap<Id, Text>) -> Deletion {
        let customer = customers.get(&self.customer_id).cloned();
        Deletion {
            id: self.id.typed(),
            scope: self.scope.0,
            customer_id: self.customer_id.typed(),
            customer: customer.unwrap_or_else(|| Text::new("", "")),
            record_id: self.record_id.map(Id::typed),
            ground: self.ground.0,
            reference: self.reference,
            state: self.state.0,
            noted_at: Instant(self.noted_at),
            requested_by: self.requested_by.map(Id::typed),
            requested_at: self.requested_at.map(Instant),
            decided_by: self.decided_by.map(Id::typed),
            decided_at: self.decided_at.map(Instant),
        }
    }
}

fn find(conn: &mut Conn, chain: ChainId, id: Id) -> Result<Option<DeletionRow>> {
    let row = deletions::table.find((Id::from(chain), id));
    Ok(each!(conn, c => row.select(DeletionRow::as_select()).get_result(c).optional()?))
}

/// Whether the same is waiting already.
fn is_waiting(conn: &mut Conn, row: &DeletionRow) -> Result<bool> {
    let open = deletions::table.filter(
        deletions::chain_id
            .eq(row.chain_id)
            .and(deletions::customer_id.eq(row.customer_id))
            .and(deletions::scope.eq(row.scope))
            .and(deletions::state.eq_any([Name(DeletionState::Due), Name(DeletionState::Requested)])),
    );
    let found: Vec<Option<Id>> = each!(conn, c => open.select(deletions::record_id).load(c)?);
    Ok(found.contains(&row.record_id))
}

/// The record is one of this customer's, and still has its values.
fn check_record(conn: &mut Conn, chain: ChainId, new: &NewDeletion) -> Result<()> {
    let missing = || field("/record_id", "没有这条记录", "There is no such record");
    match (new.scope, new.record_id) {
        (DeletionScope::Record, Some(record)) => {
            let row = records::table.find((Id::from(chain), Id::from(record)));
            let found: Option<(Id, Vec<u8>)> = each!(conn, c => row
                .select((records::customer_id, records::content))
                .get_result(c)
                .optional()?);
            let (customer, content) = found.ok_or_else(missing)?;
            if customer != new.customer_id.into() {
                return Err(missing().into());
            }
            if content.is_empty() {
                return Err(erased().into());
            }
            Ok(())
        }
        (DeletionScope::Record, None) => Err(missing().into()),
        (_, Some(_)) => Err(field("/record_id", "此处不填记录", "Only where a record goes").into()),
        (_, None) => Ok(()),
    }
}

/// Whoever is bound by a contract has to be known until it ends.
fn check_unbound(tx: &mut Tx<'_>, chain: ChainId, scope: DeletionScope, customer: CustomerId) -> Result<()> {
    prepaid::check_payer_free(tx, scope, customer)?;
    if scope != DeletionScope::Person || !contract::bound(tx.conn(), chain, customer)? {
        return Ok(());
    }
    let (zh, en) = (
        "该顾客有生效中的合同，合同终止后才能删除资料",
        "A contract binds this customer: their data can be erased once it has ended",
    );
    Err(Refusal::new(Code::InUse, zh, en).at("/customer_id").into())
}

/// Asks those who may agree to it.
fn ask(tx: &mut Tx<'_>, row: &DeletionRow) -> Result<()> {
    // The night's job asks nobody: somebody has to say yes first.
    let Some(maker) = row.requested_by else { return Ok(()) };
    let request = json!({
        "scope": row.scope.0, "customer_id": row.customer_id.0, "record_id": row.record_id.map(|id| id.0),
        "ground": row.ground.0, "reference": row.reference,
    });
    let may = |role: &Role| role.grant(Action::DeletionApprove).is_some();
    let wanted = Wanted {
        kind: ApprovalKind::Erasure,
        subject: row.id,
        version: 0,
        store: None,
        hash: Sha256::digest(serde_json::to_vec(&request)?).to_vec(),
        steps: vec![Role::ALL.iter().copied().filter(may).collect()],
        makers: BTreeSet::from([maker.typed()]),
        amount: None,
        summary: Text::new("删除个人资料", "Erase personal data"),
        request: Some(request.to_string()),
    };
    approval::ask(tx, wanted)?;
    Ok(())
}

/// Does what a second person agrees to now.
fn agree(tx: &mut Tx<'_>, keys: &ChainKeys, mut row: DeletionRow, going: &erasure::Contents) -> Result<()> {
    let (chain, now, by) = (tx.chain(), tx.business_now().0, tx.actor().staff);
    // Another log-in of the same person is no second person.
    let mut person = |staff: Option<StaffId>| {
        let first = staff.map(|staff| approval::person_of(tx.conn(), chain, staff));
        first.transpose()
    };
    let (asked, agrees) = (person(row.requested_by.map(Id::typed))?, person(by)?);
    row.state = Name(row.state.0.confirmed(asked, agrees)?);
    (row.decided_by, row.decided_at) = (by.map(Id::from), Some(now));
    check_unbound(tx, chain, row.scope.0, row.customer_id.typed())?;
    *going.lock() = erasure::perform(tx, keys, &row)?;
    row.save(tx.conn())?;
    tx.audit("deletion.confirm", row.id.0, row.told());
    Ok(())
}

/// What follows from a decision among the requests for approval.
pub(crate) fn decided(tx: &mut Tx<'_>, keys: &ChainKeys, agreed: &Agreed, going: &erasure::Contents) -> Result<()> {
    tx.actor().require(Action::DeletionApprove, None)?;
    let chain = tx.chain();
    let mut row = find(tx.conn(), chain, agreed.subject)?.ok_or_else(not_found)?;
    match agreed.state {
        ApprovalState::Approved => agree(tx, keys, row, going),
        ApprovalState::Rejected => {
            row.state = Name(row.state.0.rejected()?);
            (row.decided_by, row.decided_at) = (tx.actor().staff.map(Id::from), Some(tx.business_now().0));
            row.save(tx.conn())?;
            tx.audit("deletion.reject", row.id.0, json!({ "customer_id": row.customer_id.0 }));
            Ok(())
        }
        _ => Ok(()),
    }
}

fn displays(conn: &mut Conn, chain: ChainId, rows: &[DeletionRow]) -> Result<HashMap<Id, Text>> {
    let customers = people(conn, chain, rows.iter().map(|row| row.customer_id))?;
    let display = customers
        .into_iter()
        .map(|(id, row)| (id, row.form_of_address.0.display(&row.name)));
    Ok(display.collect())
}

impl Engine {
    /// Asks for a deletion; a second person confirms it.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `erased`, `field_invalid`; `already_exists` if the same is waiting.
    pub async fn request_deletion(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        new: NewDeletion,
    ) -> Result<Written<Deletion>, Refusal> {
        actor.scope(Action::DeletionRequest)?;
        if matches!(new.ground, DeletionGround::Again | DeletionGround::Retention) {
            return Err(field(
                "/ground",
                "此原因由系统填写",
                "Only the system gives this ground",
            ));
        }
        let reference = new.reference.as_deref().map(|text| input::code(text, "/reference"));
        let reference = reference.transpose()?;
        let work = move |tx: &mut Tx<'_>| {
            let chain = tx.chain();
            let customer = find_living_customer(tx.conn(), chain, new.customer_id)?.ok_or_else(not_found)?;
            tx.actor()
                .require(Action::DeletionRequest, Some(customer.store_id.typed()))?;
            if customer.data_key.is_none() {
                return Err(erased().into());
            }
            check_record(tx.conn(), chain, &new)?;
            check_unbound(tx, chain, new.scope, new.customer_id)?;
            let now = tx.business_now().0;
            let row = DeletionRow {
                record_id: new.record_id.map(Id::from),
                reference: reference.clone(),
                state: Name(DeletionState::Requested),
                requested_by: tx.actor().staff.map(Id::from),
                requested_at: Some(now),
                ..DeletionRow::new(tx, new.scope, new.customer_id, new.ground)
            };
            if is_waiting(tx.conn(), &row)? {
                return Err(exists("/customer_id").into());
            }
            row.insert(tx.conn())?;
            ask(tx, &row)?;
            let detail = json!({ "scope": new.scope, "customer_id": new.customer_id, "ground": new.ground });
            tx.audit("deletion.request", row.id.0, detail);
            Answer::created(&Stored::of(row.id))
        };
        let answered = self.transact(actor, key, "deletion.request", work).await?;
        Written::read(answered, |id| self.deletion(actor, Id(id)))
    }

    /// Says yes: the first time to what is past its time, the second time, by somebody else, it is done.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `second_person_needed`, `decided_already`; `in_use` while a contract binds the customer.
    pub async fn confirm_deletion(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: DeletionId,
    ) -> Result<Written<Deletion>, Refusal> {
        actor.scope(Action::DeletionApprove)?;
        let keys = Arc::new(self.keys().chain(actor.chain));
        let contents = erasure::Contents::default();
        let going = contents.clone();
        let work = move |tx: &mut Tx<'_>| {
            let chain = tx.chain();
            let mut row = find(tx.conn(), chain, id.into())?.ok_or_else(not_found)?;
            let (now, by) = (tx.business_now().0, tx.actor().staff);
            if row.state.0 == DeletionState::Due {
                row.state = Name(row.state.0.confirmed(None, by)?);
                (row.requested_by, row.requested_at) = (by.map(Id::from), Some(now));
                row.save(tx.conn())?;
                ask(tx, &row)?;
                tx.audit("deletion.confirm", row.id.0, row.told());
                return Answer::ok(&Stored::of(id));
            }
            if let Some(request) = approval::waiting_for(tx.conn(), chain, row.id)? {
                approval::decide(tx, &keys, request, &Remark::yes())?;
            }
            agree(tx, &keys, row, &going)?;
            Answer::ok(&Stored::of(id))
        };
        let answered = self.transact(actor, key, "deletion.confirm", work).await?;
        let written = Written::read(answered, |id| self.deletion(actor, Id(id)))?;
        self.after_deletion(&written.value, &contents).await?;
        Ok(written)
    }

    /// What follows outside the database once a deletion is committed.
    ///
    /// # Errors
    /// `storage_unavailable`.
    pub(crate) async fn after_deletion(
        &self,
        deletion: &Deletion,
        contents: &erasure::Contents,
    ) -> Result<(), Refusal> {
        if deletion.state != DeletionState::Done {
            return Ok(());
        }
        let contents = std::mem::take(&mut *contents.lock());
        self.remove_contents(&contents).await?;
        self.remember_erasure(deletion).await
    }

    /// Says no, or takes a request back.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `decided_already`.
    pub async fn reject_deletion(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: DeletionId,
    ) -> Result<Written<Deletion>, Refusal> {
        actor.scope(Action::DeletionApprove)?;
        let work = move |tx: &mut Tx<'_>| {
            let chain = tx.chain();
            let mut row = find(tx.conn(), chain, id.into())?.ok_or_else(not_found)?;
            row.state = Name(row.state.0.rejected()?);
            let own = row.requested_by == tx.actor().staff.map(Id::from);
            let ended = if own {
                ApprovalState::Withdrawn
            } else {
                ApprovalState::Rejected
            };
            approval::end(tx, row.id, ended)?;
            row.decided_by = tx.actor().staff.map(Id::from);
            row.decided_at = Some(tx.business_now().0);
            row.save(tx.conn())?;
            tx.audit("deletion.reject", row.id.0, json!({ "customer_id": row.customer_id.0 }));
            Answer::ok(&Stored::of(row.id))
        };
        let answered = self.transact(actor, key, "deletion.reject", work).await?;
        Written::read(answered, |id| self.deletion(actor, Id(id)))
    }

    /// Deletions about customers of the actor's stores, newest first.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (limit, cursor).
    pub fn deletions(&self, actor: &Actor, query: &DeletionQuery) -> Result<Page<Deletion>, Refusal> {
        let scope = actor.scope(Action::DeletionRead)?;
        let page = PageArgs::new(query.limit, query.after.as_deref());
        let (limit, before) = (page.limit()?, Id(page.after_id()?.unwrap_or(Uuid::max())));
        let chain = actor.chain;
        let found = self.read(chain, |conn| {
            let rows = select(conn, chain, (&scope, query), before, limit as i64 + 1)?;
            let customers = displays(conn, chain, &rows)?;
            Ok(rows.into_iter().map(|row| row.view(&customers)).collect())
        })?;
        Ok(Page::cut(found, limit, |deletion: &Deletion| deletion.id.to_string()))
    }

    /// One of them.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub fn read_deletion(&self, actor: &Actor, id: DeletionId) -> Result<Deletion, Refusal> {
        actor.scope(Action::DeletionRead)?;
        let deletion = self.deletion(actor, id.into())?;
        let customer = deletion.customer_id;
        let row = self.read(actor.chain, |conn| find_customer(conn, actor.chain, customer))?;
        let store = row.map(|row| row.store_id.typed());
        actor.require(Action::DeletionRead, store)?;
        Ok(deletion)
    }

    pub(crate) fn deletion(&self, actor: &Actor, id: Id) -> Result<Deletion> {
        let chain = actor.chain;
        self.read(chain, |conn| {
            let row = find(conn, chain, id)?.ok_or_else(not_found)?;
            let customers = displays(conn, chain, std::slice::from_ref(&row))?;
            Ok(row.view(&customers))
        })
    }
}

fn select(
    conn: &mut Conn,
    chain: ChainId,
    (scope, query): (&StoreScope, &DeletionQuery),
    before: Id,
    limit: i64,
) -> Result<Vec<DeletionRow>> {
    let (all, stores) = match scope {
        StoreScope::All => (true, Vec::new()),
        StoreScope::Only(stores) => (false, stores.iter().map(|store| Id::from(*store)).collect()),
    };
    let same = customers::chain_id
        .eq(deletions::chain_id)
        .and(customers::id.eq(deletions::customer_id));
    Ok(each!(conn, c => {
        let mut found = deletions::table
            .inner_join(customers::table.on(same))
            .select(DeletionRow::as_select())
            .filter(deletions::chain_id.eq(Id::from(chain)).and(deletions::id.lt(before)))
            .filter(all.into_sql::<Bool>().or(customers::store_id.eq_any(&stores)))
            .into_boxed();
        if let Some(state) = query.state {
            found = found.filter(deletions::state.eq(Name(state)));
        }
        if let Some(customer) = query.customer_id {
            found = found.filter(deletions::customer_id.eq(Id::from(customer)));
        }
        found.order(deletions::id.desc()).limit(limit).load(c)?
    }))
}
