//! Cards: issue, find, block, replace, statement.

use super::shown;
use crate::http::{Answer, Guard, Id, IdempotencyKey, Language, Page, Permit, Query, Write, action, answer};
use crate::state::State;
use actix_web::{get, post, web};
use cardea_domain::card::CardOp;
use cardea_domain::id::CardId;
use cardea_engine::Actor;
use cardea_engine::command::{CardAnswer, CardOperation, CardReplacement, Command, NewCard, Operate, Replace};
use cardea_engine::page::PageArgs;
use cardea_engine::query::{CardQuery, CardShown, StatementEntry};
use cardea_engine::store::Answered;
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(find_cards)
        .service(issue_card)
        .service(read_card)
        .service(list_card_entries);
    config.service(freeze_card).service(unfreeze_card).service(cancel_card);
    config
        .service(report_card_loss)
        .service(cancel_card_loss)
        .service(replace_card);
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

/// Reports a card lost: from now on it neither earns nor spends. By phone it needs `caller_verified`, at the counter
/// `identity_checked`, true or false.
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
fn answer_card(state: &State, actor: &Actor, answered: &Answered, language: Language) -> Answer {
    answer::answered(answered, |card: CardAnswer| {
        let holder: Vec<_> = card.customer.iter().map(|holder| holder.id).collect();
        let mut customers = state.customers(actor, &holder)?;
        Ok(card.told(|holder| shown::named(customers.remove(&holder.id), holder.id, language)))
    })
}
