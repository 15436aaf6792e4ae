//! Who has accepted which terms, and what is lacking.

use super::demand;
use super::row::{self, AcceptanceRow, TermsRow};
use crate::actor::Actor;
use crate::error::Result;
use crate::identity::Action;
use crate::input::{Stored, Written, exists, field, not_found};
use crate::store::schema::{memberships, term_acceptances};
use crate::store::writer::ledger::AcceptedTerms;
use crate::store::{Answer, Conn, Id, IdempotencyKey, Name, Tx};
use crate::{Engine, each};
use cardea_domain::id::{ChainId, CustomerId, MembershipId, ProgramId, StaffId, TermsId};
use cardea_domain::terms::{self, AcceptanceChannel, LackingTerms, TermsKind, TermsOccasion};
use cardea_domain::{Code, Instant, Refusal};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

/// A member accepts terms.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Accepting {
    /// The version; on paper an earlier one too, elsewhere the latest.
    #[schema(value_type = Uuid)]
    pub terms_id: TermsId,
    pub channel: AcceptanceChannel,
    /// When it was signed, where it is on paper; absent: now.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub accepted_at: Option<Instant>,
}

/// Terms that a member has accepted.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Acceptance {
    pub id: Uuid,
    #[schema(value_type = Uuid)]
    pub terms_id: TermsId,
    pub kind: TermsKind,
    /// The version.
    pub number: i32,
    pub channel: AcceptanceChannel,
    #[schema(value_type = String, format = DateTime)]
    pub accepted_at: Instant,
    #[schema(value_type = String, format = DateTime)]
    pub noted_at: Instant,
    /// Who noted it; null: the member did.
    #[schema(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
}

/// Terms that are lacking for something.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct LackingAt {
    pub occasion: TermsOccasion,
    #[serde(flatten)]
    pub terms: LackingTerms,
}

/// What a membership has accepted, and what its program demands besides.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Acceptances {
    /// Newest first.
    pub items: Vec<Acceptance>,
    /// Demanded and not accepted, or only in a version that doesn't count any more.
    pub lacking: Vec<LackingAt>,
}

impl AcceptanceRow {
    fn view(self) -> Acceptance {
        Acceptance {
            id: self.id.0,
            terms_id: self.terms_id.typed(),
            kind: self.kind.0,
            number: self.number,
            channel: self.channel.0,
            accepted_at: Instant(self.at),
            noted_at: Instant(self.noted_at),
            staff_id: self.staff_id.map(Id::typed),
        }
    }
}

/// The version that somebody accepts, and when.
///
/// # Errors
/// `field_invalid` for a version that there isn't, one that isn't the latest, or a time to come.
fn accepted(
    conn: &mut Conn,
    chain: ChainId,
    (accepting, pointer): (&Accepting, &str),
    now: Instant,
) -> Result<(TermsRow, Instant)> {
    let at = |name: &str| format!("{pointer}/{name}");
    let row = row::find(conn, chain, accepting.terms_id.into())?;
    let row = row.ok_or_else(|| field(&at("terms_id"), "没有这个条款版本", "There is no such version of terms"))?;
    let paper = accepting.channel == AcceptanceChannel::Paper;
    let latest = row::latest(conn, chain, row.kind.0)?.map_or(row.number, |latest| latest.number);
    if !paper && row.number != latest {
        let (zh, en) = (
            "条款已有新版本，请接受最新版本",
            "There is a newer version of these terms: that one is to be accepted",
        );
        return Err(field(&at("terms_id"), zh, en).into());
    }
    let when = accepting.accepted_at.unwrap_or(now);
    if when > now || (when != now && !paper) {
        let (zh, en) = (
            "只有纸质签署可以填写较早的时间，且不能晚于现在",
            "Only what was signed on paper has an earlier time, and none has a later one",
        );
        return Err(field(&at("accepted_at"), zh, en).into());
    }
    Ok((row, when))
}

/// What a membership to be opened accepts.
///
/// # Errors
/// `terms_not_accepted` with every kind that its program demands and that isn't among them; `field_invalid`.
pub(crate) fn enrolment(
    conn: &mut Conn,
    (chain, program): (ChainId, ProgramId),
    accepting: &[Accepting],
    now: Instant,
) -> Result<Vec<AcceptedTerms>> {
    let mut kept: Vec<AcceptedTerms> = Vec::new();
    for (at, one) in accepting.iter().enumerate() {
        let pointer = format!("/accepted_terms/{at}");
        let (row, when) = accepted(conn, chain, (one, &pointer), now)?;
        if kept.iter().any(|before| before.terms == row.id.typed()) {
            return Err(exists(&pointer).into());
        }
        kept.push(AcceptedTerms {
            terms: row.id.typed(),
            kind: row.kind.0,
            number: row.number,
            channel: one.channel,
            at: when,
            noted_at: now,
        });
    }
    let versions: Vec<(TermsKind, i32)> = kept.iter().map(|one| (one.kind, one.number)).collect();
    let demanded = demand::of(conn, chain, program, TermsOccasion::Enrolment)?;
    terms::check(&terms::missing(&demanded, &versions))?;
    Ok(kept)
}

/// What a membership has yet to accept on an occasion; [`terms::check`] refuses for it.
pub(crate) fn lacking(
    conn: &mut Conn,
    chain: ChainId,
    (membership, program): (MembershipId, ProgramId),
    occasion: TermsOccasion,
) -> Result<Vec<LackingTerms>> {
    let accepted = row::accepted(conn, chain, membership.into())?;
    let versions: Vec<(TermsKind, i32)> = accepted.iter().map(|row| (row.kind.0, row.number)).collect();
    let demanded = demand::of(conn, chain, program, occasion)?;
    Ok(terms::missing(&demanded, &versions))
}

/// Some of what a person's memberships have accepted, oldest first; for the file of own data.
pub(crate) fn own(
    conn: &mut Conn,
    (chain, customer): (ChainId, CustomerId),
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<(Value, String)>> {
    let after = Id(after.and_then(|text| text.parse().ok()).unwrap_or_default());
    let same = memberships::chain_id
        .eq(term_acceptances::chain_id)
        .and(memberships::id.eq(term_acceptances::membership_id));
    let mine = memberships::customer_id.eq(Some(Id::from(customer)));
    let rows: Vec<AcceptanceRow> = each!(conn, c => term_acceptances::table
        .inner_join(memberships::table.on(same))
        .select(AcceptanceRow::as_select())
        .filter(term_acceptances::chain_id.eq(Id::from(chain)).and(term_acceptances::id.gt(after)))
        .filter(mine.assume_not_null())
        .order(term_acceptances::id)
        .limit(limit)
        .load(c)?);
    let told = |row: AcceptanceRow| {
        let cursor = row.id.text();
        Ok((serde_json::to_value(row.view())?, cursor))
    };
    rows.into_iter().map(told).collect()
}

impl Engine {
    /// What a membership has accepted, and what is lacking.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub fn acceptances(&self, actor: &Actor, id: MembershipId) -> Result<Acceptances, Refusal> {
        actor.scope(Action::MembershipRead)?;
        let chain = actor.chain;
        Ok(self.read(chain, |conn| {
            let (program, _) = row::membership(conn, chain, id)?.ok_or_else(not_found)?;
            let mut missing = Vec::new();
            for occasion in TermsOccasion::ALL {
                let found = lacking(conn, chain, (id, program.typed()), *occasion)?;
                missing.extend(found.into_iter().map(|terms| LackingAt {
                    occasion: *occasion,
                    terms,
                }));
            }
            let rows = row::accepted(conn, chain, id.into())?;
            Ok(Acceptances {
                items: rows.into_iter().map(AcceptanceRow::view).collect(),
                lacking: missing,
            })
        })?)
    }

    /// Notes that a member has accepted a version of terms.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `membership_closed`, `field_invalid`; `already_exists` for a version accepted before.
    pub async fn accept_terms(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: MembershipId,
        accepting: Accepting,
    ) -> Result<Written<Acceptances>, Refusal> {
        actor.scope(Action::CardIssue)?;
        let work = move |tx: &mut Tx<'_>| {
            let (chain, now) = (tx.chain(), tx.business_now());
            let (_, open) = row::membership(tx.conn(), chain, id)?.ok_or_else(not_found)?;
            if !open {
                let (zh, en) = ("会籍已结束", "The membership has ended");
                return Err(Refusal::new(Code::MembershipClosed, zh, en).into());
            }
            let (terms, at) = accepted(tx.conn(), chain, (&accepting, ""), now)?;
            let before = row::accepted(tx.conn(), chain, id.into())?;
            if before.iter().any(|row| row.terms_id == terms.id) {
                return Err(exists("/terms_id").into());
            }
            let row = AcceptanceRow {
                chain_id: chain.into(),
                id: tx.new_id::<TermsId>().into(),
                membership_id: id.into(),
                terms_id: terms.id,
                kind: terms.kind,
                number: terms.number,
                channel: Name(accepting.channel),
                at: at.0,
                noted_at: now.0,
                staff_id: tx.actor().staff.map(Id::from),
            };
            each!(tx.conn(), c => diesel::insert_into(term_acceptances::table).values(&row).execute(c)?);
            let detail = json!({
                "kind": terms.kind.0, "number": terms.number, "channel": accepting.channel, "terms_id": terms.id.0,
            });
            tx.audit("terms.accept", id.0, detail);
            Answer::created(&Stored::of(id))
        };
        let answered = self.transact(actor, key, "terms.accept", work).await?;
        Written::read(answered, |id| Ok(self.acceptances(actor, id.into())?))
    }
}
