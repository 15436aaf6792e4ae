//! Deciding on what others want, whatever it is about.

use crate::Engine;
use crate::actor::Actor;
use crate::approval::{self, Approval, ApprovalKind, NewRemark, Remark};
use crate::confidential;
use crate::contract;
use crate::error::Result;
use crate::identity::Action;
use crate::input::{Stored, Written};
use crate::store::{Answer, Id, IdempotencyKey, Tx};
use cardea_domain::Refusal;
use cardea_domain::id::ApprovalId;
use std::sync::Arc;

impl Engine {
    /// Says yes or no to a request; what follows from it happens in the same transaction.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `decided_already`; `second_person_needed` for a maker; `field_invalid` for a no without its
    /// reason; those of what it is about.
    pub async fn decide_approval(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: ApprovalId,
        (agreed, remark): (bool, NewRemark),
    ) -> Result<Written<Approval>, Refusal> {
        actor.scope(Action::ApprovalDecide)?;
        let remark = Remark::new(agreed, remark.remark.as_deref())?;
        let keys = Arc::new(self.keys().chain(actor.chain));
        let contents = confidential::Contents::default();
        let going = contents.clone();
        let work = move |tx: &mut Tx<'_>| {
            let decided = approval::decide(tx, &keys, id, &remark)?;
            match decided.kind {
                ApprovalKind::Contract => contract::decided(tx, &keys, &decided, remark.text.as_deref())?,
                ApprovalKind::Erasure => confidential::decided(tx, &keys, &decided, &going)?,
                // Done by whoever asked, when they send it again.
                ApprovalKind::Configuration
                | ApprovalKind::Staff
                | ApprovalKind::Export
                | ApprovalKind::Adjustment
                | ApprovalKind::WriteOff
                | ApprovalKind::Rules => {}
            }
            Answer::ok(&Stored::of(id))
        };
        let answered = self.transact(actor, key, "approval.decide", work).await?;
        let written: Written<Approval> = Written::read(answered, |id| self.approval_view(actor, id.into()))?;
        if written.value.kind == ApprovalKind::Erasure {
            let deletion = self.deletion(actor, Id(written.value.subject_id))?;
            self.after_deletion(&deletion, &contents).await?;
        }
        Ok(written)
    }
}
