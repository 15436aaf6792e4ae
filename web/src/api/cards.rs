//! Cards: issue, find, block, replace, statement.

use super::shown;
use crate::http::{Answer, Guard, Id, IdempotencyKey, Language, Page, Permit, Query, Write, action, answer};
use crate::state::State;
use actix_web::{get, post, web};
use cardea_domain::card::{CardOp, OPERATIONS, Operation};
use cardea_domain::id::CardId;
use cardea_engine::Actor;
use cardea_engine::command::{
    CardAnswer, CardCode, CardOperation, CardReplacement, CardReturn, Command, GiveUp, NewCard, NewPin, Operate,
    PinReset, Replace, SetPin,
};
use cardea_engine::page::PageArgs;
use cardea_engine::query::{CardLoss, CardLossQuery, CardQuery, CardShown, OutstandingCard, StatementEntry};
use cardea_engine::store::Answered;
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(find_cards)
        .service(issue_card)
        .service(read_card)
        .service(list_card_entries);
    config.service(list_card_operations).service(list_outstanding_cards);
    config.service(approve_card).service(reject_card).service(collect_card);
    config.service(freeze_card).service(unfreeze_card).service(cancel_card);
    config
        .service(report_card_loss)
        .service(cancel_card_loss)
        .service(replace_card);
    config
        .service(hand_in_card)
        .service(return_card)
        .service(unlock_card_pin);
    config
        .service(set_card_pin)
        .service(reset_card_pin)
        .service(make_card_code)
        .service(read_card_loss);
}

/// Cards by number, phone, last four digits of either, or name; newest first, masked. A whole number finds a card of
/// any store, everything else stays within one's own.
#[utoipa::path(tag = "cards", params(CardQuery), responses((status = 200, body = Page<CardShown>)))]
#[get("/cards")]
async fn find_cards(
    permit: Permit<action::CardLookup>,
    query: Query<CardQuery>,
    language: Language,
    state: web::Data<State>,
) -> Answer {
    let CardQuery { code, limit, after } = query.0;
    let page = PageArgs { limit, after };
    let found = state
        .read(move |engine| engine.cards(permit.actor(), &code, &page))
        .await?;
    Ok(answer::page(found, |card| {
        card.told(|holder| shown::holder(holder, language))
    }))
}

/// Issues a card: opens a membership, whose qualifying purchase is booked with it, or adds a card to one.
#[utoipa::path(
    tag = "cards", params(IdempotencyKey), request_body = NewCard, responses((status = 201, body = CardShown))
)]
#[post("/cards")]
async fn issue_card(
    permit: Permit<action::CardIssue>,
    write: Write<NewCard>,
    language: Language,
    state: web::Data<State>,
) -> Answer {
    let actor = permit.at(write.body.store_id)?;
    let answered = state
        .engine
        .execute(actor, Some(write.key), &write.body.command()?)
        .await?;
    answer_card(&state, actor, &answered, language)
}

/// One card.
#[utoipa::path(tag = "cards", params(("id" = Uuid, Path)), responses((status = 200, body = CardShown)))]
#[get("/cards/{id}")]
async fn read_card(
    permit: Permit<action::CardLookup>,
    id: Id<CardId>,
    language: Language,
    state: web::Data<State>,
) -> Answer {
    let card = state.read(move |engine| engine.card(permit.actor(), id.0)).await?;
    Ok(answer::ok(&card.told(|holder| shown::holder(holder, language))))
}

/// The statement: every movement of the card's membership with its explanation, newest first.
#[utoipa::path(
    tag = "cards", params(("id" = Uuid, Path), PageArgs), responses((status = 200, body = Page<StatementEntry>))
)]
#[get("/cards/{id}/entries")]
async fn list_card_entries(
    permit: Permit<action::CardLookup>,
    id: Id<CardId>,
    page: Query<PageArgs>,
    state: web::Data<State>,
) -> Answer {
    let entries = state
        .read(move |engine| engine.card_entries(permit.actor(), id.0, &page.0))
        .await?;
    Ok(answer::ok(&entries))
}

/// The table of what may happen to a card: from where, who may, what must be said, what comes of it.
#[utoipa::path(tag = "cards", responses((status = 200, body = Vec<Operation>)))]
#[get("/card-operations")]
async fn list_card_operations(_permit: Permit<action::CardLookup>) -> Answer {
    Ok(answer::ok(&OPERATIONS))
}

/// Cards of staff who have left or moved to other stores, until they are handed back or cancelled; oldest first.
#[utoipa::path(tag = "cards", params(PageArgs), responses((status = 200, body = Page<OutstandingCard>)))]
#[get("/outstanding-cards")]
async fn list_outstanding_cards(
    permit: Permit<action::CardIssue>,
    page: Query<PageArgs>,
    state: web::Data<State>,
) -> Answer {
    let cards = state
        .read(move |engine| engine.outstanding_cards(permit.actor(), &page.0))
        .await?;
    Ok(answer::ok(&cards))
}

/// Approves an application; somebody else than who entered it does.
#[utoipa::path(
    tag = "cards", params(("id" = Uuid, Path), IdempotencyKey), request_body = CardOperation,
    responses((status = 200, body = CardShown))
)]
#[post("/cards/{id}/approve")]
async fn approve_card(
    permit: Permit<action::CardApprove>,
    id: Id<CardId>,
    write: Write<CardOperation>,
    language: Language,
    state: web::Data<State>,
) -> Answer {
    operate(permit, CardOp::Approve, id.0, write, language, &state).await
}

/// Rejects an application. The membership ends with it, if it has no other card.
#[utoipa::path(
    tag = "cards", params(("id" = Uuid, Path), IdempotencyKey), request_body = CardOperation,
    responses((status = 200, body = CardShown))
)]
#[post("/cards/{id}/reject")]
async fn reject_card(
    permit: Permit<action::CardApprove>,
    id: Id<CardId>,
    write: Write<CardOperation>,
    language: Language,
    state: web::Data<State>,
) -> Answer {
    let command = Command::GiveUp(GiveUp {
        card: id.0,
        op: CardOp::Reject,
        store: None,
        operation: write.body,
    });
    let answered = state.engine.execute(permit.actor(), Some(write.key), &command).await?;
    answer_card(&state, permit.actor(), &answered, language)
}

/// Hands over a card that was applied for: `identity_checked`, `handbook_given` and `use_explained` are demanded.
#[utoipa::path(
    tag = "cards", params(("id" = Uuid, Path), IdempotencyKey), request_body = CardOperation,
    responses((status = 200, body = CardShown))
)]
#[post("/cards/{id}/collect")]
async fn collect_card(
    permit: Permit<action::CardCollect>,
    id: Id<CardId>,
    write: Write<CardOperation>,
    language: Language,
    state: web::Data<State>,
) -> Answer {
    operate(permit, CardOp::Collect, id.0, write, language, &state).await
}

/// Freezes a card.
#[utoipa::path(
    tag = "cards", params(("id" = Uuid, Path), IdempotencyKey), request_body = CardOperation,
    responses((status = 200, body = CardShown))
)]
#[post("/cards/{id}/freeze")]
async fn freeze_card(
    permit: Permit<action::CardFreeze>,
    id: Id<CardId>,
    write: Write<CardOperation>,
    language: Language,
    state: web::Data<State>,
) -> Answer {
    operate(permit, CardOp::Freeze, id.0, write, language, &state).await
}

/// Lifts a freeze.
#[utoipa::path(
    tag = "cards", params(("id" = Uuid, Path), IdempotencyKey), request_body = CardOperation,
    responses((status = 200, body = CardShown))
)]
#[post("/cards/{id}/unfreeze")]
async fn unfreeze_card(
    permit: Permit<action::CardUnfreeze>,
    id: Id<CardId>,
    write: Write<CardOperation>,
    language: Language,
    state: web::Data<State>,
) -> Answer {
    operate(permit, CardOp::Unfreeze, id.0, write, language, &state).await
}

/// Reports a card lost: from now on it neither earns nor spends. By phone it needs `caller_verified` and the `questions`
/// that were asked, at the counter `identity_checked`, true or false.
#[utoipa::path(
    tag = "cards", params(("id" = Uuid, Path), IdempotencyKey), request_body = CardOperation,
    responses((status = 200, body = CardShown))
)]
#[post("/cards/{id}/report-loss")]
async fn report_card_loss(
    permit: Permit<action::CardReportLoss>,
    id: Id<CardId>,
    write: Write<CardOperation>,
    language: Language,
    state: web::Data<State>,
) -> Answer {
    operate(permit, CardOp::ReportLoss, id.0, write, language, &state).await
}

/// The card was found again: lifts the loss alone. Needs `identity_checked`.
#[utoipa::path(
    tag = "cards", params(("id" = Uuid, Path), IdempotencyKey), request_body = CardOperation,
    responses((status = 200, body = CardShown))
)]
#[post("/cards/{id}/cancel-loss")]
async fn cancel_card_loss(
    permit: Permit<action::CardCancelLoss>,
    id: Id<CardId>,
    write: Write<CardOperation>,
    language: Language,
    state: web::Data<State>,
) -> Answer {
    operate(permit, CardOp::CancelLoss, id.0, write, language, &state).await
}

/// A found card is handed in: it doesn't work until its holder was seen (`cancel-loss`). Needs `handed_in_by`.
#[utoipa::path(
    tag = "cards", params(("id" = Uuid, Path), IdempotencyKey), request_body = CardOperation,
    responses((status = 200, body = CardShown))
)]
#[post("/cards/{id}/hand-in")]
async fn hand_in_card(
    permit: Permit<action::CardHandIn>,
    id: Id<CardId>,
    write: Write<CardOperation>,
    language: Language,
    state: web::Data<State>,
) -> Answer {
    operate(permit, CardOp::HandIn, id.0, write, language, &state).await
}

/// The holder gives the card back for good. With the last card the membership ends and its points are void; while it holds
/// stored value, sessions or debts it is refused `membership_holds`.
#[utoipa::path(
    tag = "cards", params(("id" = Uuid, Path), IdempotencyKey), request_body = CardReturn,
    responses((status = 200, body = CardShown))
)]
#[post("/cards/{id}/return")]
async fn return_card(
    permit: Permit<action::CardReturn>,
    id: Id<CardId>,
    write: Write<CardReturn>,
    language: Language,
    state: web::Data<State>,
) -> Answer {
    let actor = permit.at(write.body.store_id)?;
    let command = Command::GiveUp(GiveUp::returned(id.0, write.body));
    let answered = state.engine.execute(actor, Some(write.key), &command).await?;
    answer_card(&state, actor, &answered, language)
}

/// Lifts the block after wrong PINs. Needs `identity_checked`.
#[utoipa::path(
    tag = "cards", params(("id" = Uuid, Path), IdempotencyKey), request_body = CardOperation,
    responses((status = 200, body = CardShown))
)]
#[post("/cards/{id}/unlock-pin")]
async fn unlock_card_pin(
    permit: Permit<action::CardUnlockPin>,
    id: Id<CardId>,
    write: Write<CardOperation>,
    language: Language,
    state: web::Data<State>,
) -> Answer {
    operate(permit, CardOp::UnlockPin, id.0, write, language, &state).await
}

/// Sets a card's PIN, with `identity_checked`, or changes it, with `old_pin`. Five wrong old ones in a row lock the card.
#[utoipa::path(
    tag = "cards", params(("id" = Uuid, Path), IdempotencyKey), request_body = NewPin,
    responses((status = 200, body = CardShown))
)]
#[post("/cards/{id}/pin")]
async fn set_card_pin(
    permit: Permit<action::CardPin>,
    id: Id<CardId>,
    write: Write<NewPin>,
    language: Language,
    state: web::Data<State>,
) -> Answer {
    let setting = SetPin::new(id.0, write.body);
    let answered = state.engine.set_pin(permit.actor(), write.key, setting).await?;
    answer_card(&state, permit.actor(), &answered, language)
}

/// Gives a card another PIN in the place of a forgotten one, and lifts the block after wrong ones. Needs
/// `identity_checked`.
#[utoipa::path(
    tag = "cards", params(("id" = Uuid, Path), IdempotencyKey), request_body = PinReset,
    responses((status = 200, body = CardShown))
)]
#[post("/cards/{id}/reset-pin")]
async fn reset_card_pin(
    permit: Permit<action::CardResetPin>,
    id: Id<CardId>,
    write: Write<PinReset>,
    language: Language,
    state: web::Data<State>,
) -> Answer {
    let setting = SetPin::reset(id.0, write.body);
    let answered = state.engine.set_pin(permit.actor(), write.key, setting).await?;
    answer_card(&state, permit.actor(), &answered, language)
}

/// The card's dynamic code of now: good for one use, another one every 30 s.
#[utoipa::path(tag = "cards", params(("id" = Uuid, Path)), responses((status = 200, body = CardCode)))]
#[post("/cards/{id}/code")]
async fn make_card_code(permit: Permit<action::CardCode>, id: Id<CardId>, state: web::Data<State>) -> Answer {
    let code = state.read(move |engine| engine.card_code(permit.actor(), id.0)).await?;
    Ok(answer::ok(&code))
}

/// The loss of a card: who was asked what, what was spent with it between the loss and the report, and who has handed it in
/// since.
#[utoipa::path(
    tag = "cards", params(("id" = Uuid, Path), CardLossQuery), responses((status = 200, body = CardLoss))
)]
#[get("/cards/{id}/loss")]
async fn read_card_loss(
    permit: Permit<action::CardLookup>,
    id: Id<CardId>,
    query: Query<CardLossQuery>,
    state: web::Data<State>,
) -> Answer {
    let loss = state
        .read(move |engine| engine.card_loss(permit.actor(), id.0, query.0.since))
        .await?;
    Ok(answer::ok(&loss))
}

/// Voids a card for ever.
#[utoipa::path(
    tag = "cards", params(("id" = Uuid, Path), IdempotencyKey), request_body = CardOperation,
    responses((status = 200, body = CardShown))
)]
#[post("/cards/{id}/cancel")]
async fn cancel_card(
    permit: Permit<action::CardCancel>,
    id: Id<CardId>,
    write: Write<CardOperation>,
    language: Language,
    state: web::Data<State>,
) -> Answer {
    operate(permit, CardOp::Cancel, id.0, write, language, &state).await
}

/// Replaces a lost or damaged card by a new number of the same membership; the old one never works again.
#[utoipa::path(
    tag = "cards", params(("id" = Uuid, Path), IdempotencyKey), request_body = CardReplacement,
    responses((status = 201, body = CardShown))
)]
#[post("/cards/{id}/replace")]
async fn replace_card(
    permit: Permit<action::CardReplace>,
    id: Id<CardId>,
    write: Write<CardReplacement>,
    language: Language,
    state: web::Data<State>,
) -> Answer {
    let actor = permit.at(write.body.store_id)?;
    let command = Command::Replace(Replace {
        card: id.0,
        replacement: write.body,
        number: None,
    });
    let answered = state.engine.execute(actor, Some(write.key), &command).await?;
    answer_card(&state, actor, &answered, language)
}

async fn operate<A: Guard>(
    permit: Permit<A>,
    op: CardOp,
    card: CardId,
    write: Write<CardOperation>,
    language: Language,
    state: &State,
) -> Answer {
    let command = Command::Card(Operate {
        card,
        op,
        operation: write.body,
    });
    let answered = state.engine.execute(permit.actor(), Some(write.key), &command).await?;
    answer_card(state, permit.actor(), &answered, language)
}

/// Stored answers hold the holder's id; name and masked phone are added here.
pub(super) fn answer_card(state: &State, actor: &Actor, answered: &Answered, language: Language) -> Answer {
    answer::answered(answered, |card: CardAnswer| {
        let holder: Vec<_> = card.customer.iter().map(|holder| holder.id).collect();
        let mut customers = state.customers(actor, &holder)?;
        Ok(card.told(|holder| shown::named(customers.remove(&holder.id), holder.id, language)))
    })
}
