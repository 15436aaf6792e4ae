//! Steps of a contract's life that people take, but for signing.

use super::author;
use super::document::{Contract, ContractComment, ContractContent, ContractNote, Fulfilling, Terminating};
use super::kind;
use super::party::{self, OwnParty};
use super::row::{self, Parties};
use super::sign::{self, check_follows};
use super::write::Opened;
use super::zone;
use crate::Engine;
use crate::actor::Actor;
use crate::approval::{self, Agreed, ApprovalKind, Wanted};
use crate::archive::CustomerRow;
use crate::error::Result;
use crate::identity::Action;
use crate::input::{self, Stored, Written, field, not_found};
use crate::keys::ChainKeys;
use crate::settings;
use crate::store::{Answer, Conn, Id, IdempotencyKey, Name, Tx};
use cardea_domain::approval::ApprovalState;
use cardea_domain::contract::elements::missing;
use cardea_domain::contract::{ContractState, ContractStep, Missing};
use cardea_domain::error::WrongField;
use cardea_domain::fields::{self, WrittenValues};
use cardea_domain::id::ContractId;
use cardea_domain::{Code, Day, Refusal, Text};
use std::sync::Arc;

/// Both parties as they are now.
pub(super) fn parties(
    conn: &mut Conn,
    keys: &ChainKeys,
    customer: &CustomerRow,
    content: &ContractContent,
) -> Result<Parties> {
    let chain = customer.chain_id.typed();
    let own: OwnParty = settings::read(conn, chain)?.value;
    let other = party::of_customer(conn, keys, customer)?;
    Ok(Parties {
        own: content.own_party.clone().or(&own.0),
        other: content.other_party.clone().or(&other),
    })
}

/// What a type demands and a contract doesn't say, fields of the type last.
pub(super) fn lacking(
    kind: &kind::Row,
    content: &ContractContent,
    parties: &Parties,
    latest: Day,
) -> Result<Vec<Missing>> {
    let (required, party_fields) = kind.required()?;
    let said = (&content.elements, content.lines.len());
    let mut found = missing(&required, &party_fields, said, (&parties.own, &parties.other));
    let checked = fields::change(&kind.definitions()?, &WrittenValues::new(), &content.values, latest);
    found.extend(checked.err().into_iter().flatten().map(|wrong| Missing {
        pointer: format!("/values{}", wrong.pointer),
        part: 0,
        label: wrong.detail,
    }));
    Ok(found)
}

/// # Errors
/// `contract_incomplete`, which names everything that is missing.
fn check_complete(found: Vec<Missing>) -> Result<()> {
    let wrong = found.into_iter().map(|missing| WrongField {
        pointer: format!("/content{}", missing.pointer),
        detail: Text::new(
            format!("缺少：{}", missing.label.zh),
            format!("Missing: {}", missing.label.en),
        ),
    });
    let wrong: Vec<WrongField> = wrong.collect();
    let Some(first) = wrong.first() else { return Ok(()) };
    let (zh, en) = (
        format!("合同还缺 {} 项，补齐后才能提交审批", wrong.len()),
        format!(
            "{} things are missing; fill them in, then ask for approval",
            wrong.len()
        ),
    );
    let refusal = Refusal::new(Code::ContractIncomplete, zh, en).at(first.pointer.clone());
    Err(refusal.with(|facts| facts.wrong = wrong).into())
}

fn submit(tx: &mut Tx<'_>, keys: &ChainKeys, opened: &mut Opened, latest: Day) -> Result<()> {
    opened.row.state.0.after(ContractStep::Submit)?;
    let content = opened.content()?;
    let parties = parties(tx.conn(), keys, &opened.customer, &content)?;
    check_complete(lacking(&opened.kind, &content, &parties, latest)?)?;
    check_follows(tx.conn(), &opened.row)?;
    let row = &opened.row;
    let name = opened.kind.name();
    let wanted = Wanted {
        kind: ApprovalKind::Contract,
        subject: row.id,
        version: row.content_version,
        store: Some(row.store_id.typed()),
        hash: row.hash.clone(),
        steps: opened.kind.steps(row.amount)?,
        makers: author::makers(tx.conn(), row)?,
        amount: row.amount,
        summary: summary(&name, row.supplement, row.predecessor_id.is_some()),
        request: None,
    };
    approval::ask(tx, wanted)?;
    Ok(())
}

fn summary(kind: &Text, supplement: Option<i32>, successor: bool) -> Text {
    match supplement {
        Some(number) => Text::new(
            format!("{}补充协议 {number}", kind.zh),
            format!("Supplement {number}: {}", kind.en),
        ),
        None if successor => Text::new(format!("{}续签", kind.zh), format!("Renewal: {}", kind.en)),
        None => kind.clone(),
    }
}

/// What follows from a decision on a contract: approved, or a draft again with the reason.
pub(crate) fn decided(tx: &mut Tx<'_>, keys: &ChainKeys, agreed: &Agreed, remark: Option<&str>) -> Result<()> {
    let step = match agreed.state {
        ApprovalState::Approved => ContractStep::Approve,
        ApprovalState::Rejected => ContractStep::Reject,
        _ => return Ok(()),
    };
    let mut opened = Opened::load(tx, keys, agreed.subject.typed(), Action::ApprovalDecide)?;
    if opened.row.hash != agreed.hash {
        let (zh, en) = (
            "合同内容与提交时不一致，须重新提交审批",
            "The contract isn't what was submitted any more: it has to be submitted again",
        );
        return Err(Refusal::new(Code::VersionConflict, zh, en).into());
    }
    opened.take(tx, step, remark)
}

impl Engine {
    /// Asks for the approvals that the type wants for such an amount, and freezes the content until then.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `contract_state`; `contract_incomplete` with everything that is missing.
    pub async fn submit_contract(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: ContractId,
        note: ContractNote,
    ) -> Result<Written<Contract>, Refusal> {
        let latest = self.latest_day(actor.chain);
        let act = move |tx: &mut Tx<'_>, keys: &ChainKeys, opened: &mut Opened| submit(tx, keys, opened, latest);
        let of = (ContractStep::Submit, Action::ContractWrite, "contract.submit");
        self.step(actor, key, id, of, note.note, act).await
    }

    /// Takes the request for approval back.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `contract_state`.
    pub async fn withdraw_contract(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: ContractId,
        note: ContractNote,
    ) -> Result<Written<Contract>, Refusal> {
        let act = |tx: &mut Tx<'_>, _: &ChainKeys, opened: &mut Opened| {
            approval::end(tx, opened.row.id, ApprovalState::Withdrawn)
        };
        let of = (ContractStep::Withdraw, Action::ContractWrite, "contract.withdraw");
        self.step(actor, key, id, of, note.note, act).await
    }

    /// Opens an approved contract for a change; it needs a new approval then.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `contract_state`.
    pub async fn reopen_contract(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: ContractId,
        note: ContractNote,
    ) -> Result<Written<Contract>, Refusal> {
        let of = (ContractStep::Reopen, Action::ContractWrite, "contract.reopen");
        self.step(actor, key, id, of, note.note, |_, _, _| Ok(())).await
    }

    /// Puts away what is over, or a draft that comes to nothing.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `contract_state`.
    pub async fn archive_contract(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: ContractId,
        note: ContractNote,
    ) -> Result<Written<Contract>, Refusal> {
        let of = (ContractStep::Archive, Action::ContractEnd, "contract.archive");
        self.step(actor, key, id, of, note.note, |_, _, _| Ok(())).await
    }

    /// Says something about a contract; it stands in its history, and nothing else changes.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `erased`, `field_invalid`.
    pub async fn comment_on_contract(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: ContractId,
        comment: ContractComment,
    ) -> Result<Written<Contract>, Refusal> {
        let text = input::lines(&comment.text, 1000, "/text")?;
        actor.scope(Action::ContractRead)?;
        let keys = self.keys().chain(actor.chain);
        // The row stays as it is: whoever is writing the draft meanwhile has nothing to look at again.
        let work = move |tx: &mut Tx<'_>| {
            let opened = Opened::load(tx, &keys, id, Action::ContractRead)?;
            row::tell(tx, &opened.row, ContractStep::Comment, Some((&opened.key, &text)))?;
            Answer::ok(&Stored::of(id))
        };
        let answered = self.transact(actor, key, "contract.comment", work).await?;
        Written::read(answered, |id| self.contract_view(actor, id.into()))
    }

    /// Says how much of a signed contract is done.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `contract_state`.
    pub async fn fulfil_contract(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: ContractId,
        fulfilling: Fulfilling,
    ) -> Result<Written<Contract>, Refusal> {
        let fulfilment = fulfilling.fulfilment;
        let act = move |_: &mut Tx<'_>, _: &ChainKeys, opened: &mut Opened| {
            opened.row.fulfilment = Name(fulfilment);
            Ok(())
        };
        let of = (ContractStep::Fulfil, Action::ContractWrite, "contract.fulfil");
        self.step(actor, key, id, of, fulfilling.note, act).await
    }

    /// Ends a signed contract before its term, on a day up to which it still holds.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `contract_state`, `field_invalid`.
    pub async fn terminate_contract(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: ContractId,
        end: Terminating,
    ) -> Result<Written<Contract>, Refusal> {
        let right = input::text(&end.right, 200, "/right")?;
        let reason = input::lines(&end.reason, 1000, "/reason")?;
        actor.scope(Action::ContractEnd)?;
        let now = self.clock().business(actor.chain);
        let today = self.read(actor.chain, |conn| {
            let row = row::find(conn, actor.chain, id.into())?.ok_or_else(not_found)?;
            zone::day_in(conn, actor.chain, row.store_id, now)
        })?;
        let day = end.ends_on;
        let act = move |_: &mut Tx<'_>, _: &ChainKeys, opened: &mut Opened| {
            let row = &mut opened.row;
            if row.signed_on.is_some_and(|signed| day.0 < signed) || row.ends_on.is_some_and(|end| day.0 > end) {
                let (zh, en) = (
                    "须在签署之后、期满之前",
                    "After it was signed, and not after its last day",
                );
                return Err(field("/ends_on", zh, en).into());
            }
            row.ended_on = Some(day.0);
            Ok(())
        };
        let of = (ContractStep::Terminate, Action::ContractEnd, "contract.terminate");
        let note = Some(format!("{right}\n{reason}"));
        self.step_until(actor, key, id, of, note, (act, day >= today)).await
    }

    async fn step(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: ContractId,
        of: (ContractStep, Action, &'static str),
        note: Option<String>,
        act: impl Fn(&mut Tx<'_>, &ChainKeys, &mut Opened) -> Result<()> + Send + 'static,
    ) -> Result<Written<Contract>, Refusal> {
        self.step_until(actor, key, id, of, note, (act, false)).await
    }

    /// Takes a step; where it is `later`, the state stays until a day comes.
    async fn step_until(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: ContractId,
        (step, action, name): (ContractStep, Action, &'static str),
        note: Option<String>,
        (act, later): (
            impl Fn(&mut Tx<'_>, &ChainKeys, &mut Opened) -> Result<()> + Send + 'static,
            bool,
        ),
    ) -> Result<Written<Contract>, Refusal> {
        actor.scope(action)?;
        let note = note.map(|note| input::lines(&note, 2000, "/note")).transpose()?;
        let keys = Arc::new(self.keys().chain(actor.chain));
        let work = move |tx: &mut Tx<'_>| {
            let mut opened = Opened::load(tx, &keys, id, action)?;
            opened.row.state.0.after(step)?;
            act(tx, &keys, &mut opened)?;
            if later {
                opened.save(tx, step, note.as_deref())?;
            } else {
                opened.take(tx, step, note.as_deref())?;
                sign::end_supplements(tx, &opened.row)?;
            }
            Answer::ok(&Stored::of(id))
        };
        let answered = self.transact(actor, key, name, work).await?;
        Written::read(answered, |id| self.contract_view(actor, id.into()))
    }
}

/// The text that holds of a contract now: that of its last supplement in force, or its own.
pub(super) fn text_in_force(conn: &mut Conn, chain: Id, main: Id) -> Result<Option<row::ContractRow>> {
    let supplements = row::supplements(conn, chain, main)?;
    Ok(supplements
        .into_iter()
        .rev()
        .find(|row| row.state.0 == ContractState::InForce))
}
