//! Trying a file, and booking it: some members at a time at bulk priority, so that tills don't wait. How far it is stands in
//! the file's row, written with them: it goes on there.

use super::people::{self, Whom};
use super::plan::{Plan, Planned, mismatch};
use super::row::{self, BookedRow, OpeningRow};
use super::{Opening, OpeningCheck, OpeningQuery, OpeningState};
use crate::Engine;
use crate::actor::Actor;
use crate::archive;
use crate::card_stock::random_number;
use crate::error::{Error, Result};
use crate::identity::Action;
use crate::input::{self, Stored, Written, not_found};
use crate::keys::ChainKeys;
use crate::store::writer::blanks::TakenBlank;
use crate::store::writer::ledger::{CardEvent, Decision, Needs};
use crate::store::writer::load;
use crate::store::{Answer, Id, IdempotencyKey, Lane, Name, Tx};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cardea_domain::card::CardNumber;
use cardea_domain::card_stock::Wanted;
use cardea_domain::id::{CardId, CustomerId, MembershipId, OpeningId};
use cardea_domain::sale::{Context, IssueArgs, Issuing, OpeningArgs, decide_opening};
use cardea_domain::{Code, Refusal};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Members of one transaction.
pub(super) const MEMBERS: usize = 50;
/// Tries to draw a card's number that is free.
const TRIES: usize = 8;

/// Somebody has gone on, or has begun to take it back.
fn elsewhere() -> Refusal {
    let (zh, en) = ("期初余额已在别处继续处理", "The file goes on elsewhere");
    Refusal::new(Code::VersionConflict, zh, en)
}

/// Workbooks take their time.
async fn plan(
    engine: &Engine,
    actor: &Actor,
    query: &OpeningQuery,
    bytes: Arc<[u8]>,
    done: i64,
) -> Result<Plan, Refusal> {
    let (engine, actor, store) = (engine.clone(), actor.clone(), query.store_id);
    let work = move || Plan::make(&engine, &actor, store, bytes, done);
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)?
}

impl Engine {
    /// Says what booking a file would do, and writes nothing.
    ///
    /// # Errors
    /// `forbidden`; `field_invalid` for what is no table, has no headers, or a store that isn't open.
    pub async fn check_opening(
        &self,
        actor: &Actor,
        query: &OpeningQuery,
        bytes: Arc<[u8]>,
    ) -> Result<OpeningCheck, Refusal> {
        actor.require(Action::ImportRun, None)?;
        let known = self.opening_of(actor, &bytes)?;
        let done = known.as_ref().map_or(0, |row| row.members_done);
        let plan = plan(self, actor, query, bytes, done).await?;
        Ok(OpeningCheck {
            known_as: known.map(|row| row.id.typed()),
            ..plan.check(query.totals())
        })
    }

    fn opening_of(&self, actor: &Actor, bytes: &[u8]) -> Result<Option<OpeningRow>> {
        let digest = Sha256::digest(bytes);
        self.read(actor.chain, |conn| row::of_file(conn, actor.chain, &digest))
    }

    /// Books a file in the background, or goes on with one that was stopped; of one that is booked it says so, and books
    /// nothing.
    ///
    /// # Errors
    /// `forbidden`; `field_invalid` for a file with faults, `control_totals_mismatch`; `in_use` while it is taken back.
    /// Nothing is booked then.
    pub async fn book_opening(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        query: &OpeningQuery,
        bytes: Arc<[u8]>,
    ) -> Result<Written<Opening>, Refusal> {
        let (answer, run) = self.begin_opening(actor, key, query, bytes).await?;
        if let Some(run) = run {
            in_background(run.all())?;
        }
        Ok(answer)
    }

    /// As [`Engine::book_opening`], but waits until it is done.
    ///
    /// # Errors
    /// As there.
    pub async fn finish_opening(
        &self,
        actor: &Actor,
        query: &OpeningQuery,
        bytes: Arc<[u8]>,
    ) -> Result<Opening, Refusal> {
        let (answer, run) = self.begin_opening(actor, None, query, bytes).await?;
        if let Some(run) = run {
            run.all().await?;
        }
        self.opening(actor, answer.value.id)
    }

    /// Judges a whole file and notes it; what is left to be booked, if anything is.
    async fn begin_opening(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        query: &OpeningQuery,
        bytes: Arc<[u8]>,
    ) -> Result<(Written<Opening>, Option<Run>), Refusal> {
        actor.require(Action::ImportRun, None)?;
        let name = input::text(&query.name, 200, "/name")?;
        let known = self.opening_of(actor, &bytes)?;
        if let Some(row) = known.as_ref().filter(|row| row.state.0 != OpeningState::Running) {
            return Ok((self.known_opening(actor, row, query)?, None));
        }
        let (given, digest) = (query.totals(), Sha256::digest(&bytes).to_vec());
        let done = known.as_ref().map_or(0, |row| row.members_done);
        let plan = plan(self, actor, query, bytes, done).await?;
        if let Some(refusal) = plan.refusal(given) {
            return Err(refusal);
        }
        let row = OpeningRow {
            chain_id: actor.chain.into(),
            id: known.map_or_else(|| OpeningId(uuid::Uuid::now_v7()).into(), |row| row.id),
            name,
            digest,
            store_id: query.store_id.into(),
            state: Name(OpeningState::Running),
            rows_total: plan.rows(),
            members_total: given.memberships,
            members_done: 0,
            points: given.points,
            principal: given.principal,
            bonus: given.bonus,
            sessions: given.sessions,
            warnings: plan.warnings(),
            staff_id: actor.staff.map(Id::from),
            created_at: self.clock().business(actor.chain).0,
            version: 1,
        };
        let work = move |tx: &mut Tx<'_>| begin(tx, &row);
        let answered = self.transact(actor, key, "opening.begin", work).await?;
        let answer = Written::read(answered, |id| self.opening_view(actor, Id(id)))?;
        let run = Run {
            engine: self.clone(),
            actor: actor.clone(),
            opening: answer.value.id.into(),
            keys: self.keys().chain(actor.chain),
            members: plan.members,
            done,
        };
        Ok((answer, Some(run)))
    }

    /// A file that was booked: the same totals get the same answer.
    fn known_opening(
        &self,
        actor: &Actor,
        row: &OpeningRow,
        query: &OpeningQuery,
    ) -> Result<Written<Opening>, Refusal> {
        if row.state.0 == OpeningState::Undoing {
            let (zh, en) = (
                "此文件正在撤销，请等待完成后再试",
                "The file is being taken back: wait until that is done",
            );
            return Err(Refusal::new(Code::InUse, zh, en));
        }
        let minor_units = self.chain(actor.chain)?.minor_units;
        if let Some(refusal) = mismatch(query.totals(), row.totals(), minor_units) {
            return Err(refusal);
        }
        Ok(Written {
            status: 200,
            replayed: true,
            value: self.opening_view(actor, row.id)?,
        })
    }
}

/// Notes the file, unless somebody else has begun with it meanwhile.
fn begin(tx: &mut Tx<'_>, row: &OpeningRow) -> Result<Answer> {
    let chain = tx.chain();
    if let Some(known) = row::of_file(tx.conn(), chain, &row.digest)? {
        return Answer::ok(&Stored::of(known.id));
    }
    row::insert(tx.conn(), row)?;
    let detail = json!({
        "digest": hex(&row.digest), "memberships": row.members_total, "points": row.points, "principal": row.principal,
        "bonus": row.bonus, "sessions": row.sessions,
    });
    tx.audit("opening.begin", row.id.0, detail);
    Answer::created(&Stored::of(row.id))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Works in a thread of its own.
pub(super) fn in_background(work: impl Future<Output = Result<()>> + Send + 'static) -> Result<()> {
    let work = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let done = match runtime {
            Ok(runtime) => runtime.block_on(work),
            Err(e) => Err(Error::internal(e)),
        };
        if let Err(error) = done {
            let refusal = Refusal::from(error);
            tracing::warn!(
                code = refusal.code.as_str(),
                "opening balances stopped: {}",
                refusal.detail.en
            );
        }
    };
    let thread = std::thread::Builder::new().name("opening".into());
    thread.spawn(work).map_err(Error::internal)?;
    Ok(())
}

/// A file at work.
struct Run {
    engine: Engine,
    actor: Actor,
    opening: Id,
    keys: Arc<ChainKeys>,
    members: Arc<Vec<Planned>>,
    /// Those that were booked when it began.
    done: i64,
}

impl Run {
    async fn all(self) -> Result<()> {
        let all = self.members.len();
        let mut from = usize::try_from(self.done).unwrap_or_default().min(all);
        loop {
            let to = (from + MEMBERS).min(all);
            let (opening, keys, members) = (self.opening, self.keys.clone(), self.members.clone());
            let work = move |tx: &mut Tx<'_>| some(tx, &keys, opening, &members[from..to], from as i64);
            let sent = self
                .engine
                .transact_in(Lane::Bulk, &self.actor, None, "opening.members", work);
            sent.await?;
            from = to;
            if from == all {
                return Ok(());
            }
        }
    }
}

/// Books the next members of a file, if nobody else has.
fn some(tx: &mut Tx<'_>, keys: &ChainKeys, opening: Id, members: &[Planned], from: i64) -> Result<Answer> {
    let chain = tx.chain();
    let mut row = row::find(tx.conn(), chain, opening)?.ok_or_else(not_found)?;
    if row.state.0 != OpeningState::Running || row.members_done != from {
        return Err(elsewhere().into());
    }
    let (mut made, mut rows) = (Vec::new(), Vec::new());
    for member in members {
        let membership = book(tx, keys, opening, member, &mut rows)?;
        made.push((member.line, membership));
    }
    row::note(tx.conn(), (chain, opening), &made, &rows)?;
    row.members_done += made.len() as i64;
    row.version += 1;
    let detail = json!({ "from": from, "to": row.members_done, "rows": rows.len() });
    tx.audit("opening.members", opening.0, detail);
    if row.members_done == row.members_total {
        row.state.0 = OpeningState::Done;
        tx.publish(
            "opening.booked",
            json!({
                "opening_id": opening.text(), "memberships": row.members_total, "points": row.points,
                "principal": row.principal, "bonus": row.bonus, "sessions": row.sessions,
            }),
        );
    }
    row::update(tx.conn(), &row)?;
    Answer::ok(&())
}

/// Books one member whole.
fn book(
    tx: &mut Tx<'_>,
    keys: &ChainKeys,
    opening: Id,
    member: &Planned,
    rows: &mut Vec<BookedRow>,
) -> Result<MembershipId> {
    let now = tx.business_now();
    let context = Context {
        now,
        judged_at: now,
        ..(*member.context).clone()
    };
    let customer = match member.named {
        true => Some(holder(tx, keys, member)?),
        false => None,
    };
    let (card, membership): (CardId, MembershipId) = (tx.new_id(), tx.new_id());
    let (number, blank) = number(tx, member, &context, card)?;
    let args = OpeningArgs {
        issue: IssueArgs {
            membership,
            program: member.program,
            customer,
            card,
            number,
            kind: member.kind,
            issuing: Issuing::AtOnce,
            holder_staff: None,
            valid_through: member.through,
            card_through: member.through,
            qualifying: None,
        },
        joined: member.joined,
        brought: member.brought.iter().map(|(_, brought)| brought.clone()).collect(),
    };
    let (ledger, answer) = decide_opening(&args, &context, tx.ids())?;
    let booked = member.brought.iter().zip(&answer.entries);
    rows.extend(booked.map(|((line, brought), entry)| BookedRow {
        line: *line,
        membership,
        entry: *entry,
        asset: brought.asset.0.clone(),
        amount: brought.amount,
    }));
    let mut detail = former(tx, keys, member, customer)?;
    detail["opening_id"] = opening.text().into();
    let mut decision = Decision::new(ledger, Answer::no_content());
    decision.blank = blank;
    decision.card_events.push(CardEvent {
        card,
        operation: "issue",
        store: Some(context.store),
        reason: None,
        finder: None,
        detail: detail.clone(),
        at: now,
        from: "",
        to: answer.card.state.as_str(),
        blocks: String::new(),
    });
    tx.book_all(decision);
    detail["membership_id"] = json!(membership);
    tx.audit("card.issue", card.0, detail);
    Ok(membership)
}

/// The card's number in the system before, for its history: sealed under the holder's key, since numbers of cards are often
/// phones; that of an anonymous card is nobody's.
fn former(tx: &mut Tx<'_>, keys: &ChainKeys, member: &Planned, customer: Option<CustomerId>) -> Result<Value> {
    let Some(number) = &member.card else {
        return Ok(json!({}));
    };
    let chain = tx.chain();
    let Some(customer) = customer else {
        return Ok(json!({ "former_number": number }));
    };
    let row = archive::find_customer(tx.conn(), chain, customer)?.ok_or_else(not_found)?;
    let sealed = row
        .person(keys)?
        .map(|key| key.seal_as(b"former-card", number.as_bytes()));
    let sealed = sealed.transpose().map_err(Error::internal)?;
    Ok(json!({ "former_number_sealed": sealed.map(|sealed| STANDARD.encode(sealed)) }))
}

/// The customer, registered if need be: who it is is asked again, for a member of two programs is one customer.
///
/// # Errors
/// `membership_exists`, `possible_duplicate` where somebody has come between: nothing of these members is booked then.
fn holder(tx: &mut Tx<'_>, keys: &ChainKeys, member: &Planned) -> Result<CustomerId> {
    let (chain, line) = (tx.chain(), member.line);
    let customer = match people::find(tx.conn(), chain, keys, &member.person)? {
        Whom::Known(customer) => customer,
        Whom::New { .. } => return people::create(tx, keys, member.context.store, &member.person),
        Whom::Several | Whom::Erased => {
            return Err(Refusal::new(
                Code::PossibleDuplicate,
                format!("第 {line} 行的顾客资料在入账期间有变动，请重新试运行"),
                format!("Row {line}: its customer has changed meanwhile; try the file again"),
            )
            .into());
        }
    };
    if load::standing_membership(tx.conn(), chain, customer, member.program)?.is_some() {
        return Err(Refusal::new(
            Code::MembershipExists,
            format!("第 {line} 行的顾客在入账期间已另办会籍，请重新试运行"),
            format!("Row {line}: its customer has become a member meanwhile; try the file again"),
        )
        .into());
    }
    Ok(customer)
}

/// The card's number: that of the blank in the member's hands, or a free one.
fn number(
    tx: &mut Tx<'_>,
    member: &Planned,
    context: &Context,
    card: CardId,
) -> Result<(CardNumber, Option<TakenBlank>)> {
    let chain = tx.chain();
    let mut look = |number: &CardNumber| {
        let needs = Needs {
            number: Some(number.clone()),
            ..Needs::default()
        };
        load::load(tx.conn(), chain, &needs)
    };
    if let Some(number) = &member.blank {
        let blank = look(number)?.blank.ok_or_else(not_found)?;
        blank.check_issue(&Wanted {
            program: member.program,
            kind: member.kind,
            store: context.store,
            today: context.zone.day_of(context.now),
        })?;
        return Ok((number.clone(), Some(TakenBlank { blank, card })));
    }
    for _ in 0..TRIES {
        let number = random_number()?;
        let state = look(&number)?;
        if !state.number_taken && state.blank.is_none() {
            return Ok((number, None));
        }
    }
    Err(Error::internal("no free number of a card was found"))
}
