//! Blank cards: batches, what is where, parcels, the register of lost and damaged ones. Counts of them: `card_counts.rs`.

use super::exports::SheetAnswer;
use super::resource::prelude::*;
use super::settings::setting;
use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use cardea_domain::id::{CardBatchId, CardTransferId};
use cardea_engine::card_stock::{
    BlankCard, BlankQuery, BlankRegistration, CardBatch, CardLabelQuery, CardMove, CardMoveQuery, CardNumberQuery,
    CardStockRules, CardTransfer, CardTransferQuery, NewCardBatch, NewCardTransfer, NumbersFile, Registered,
    StockOfPlace, TransferReceipt,
};
use cardea_engine::page::PageArgs;
use cardea_engine::settings::{SettingChange, SettingView};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_card_batches)
        .service(create_card_batch)
        .service(read_card_batch)
        .service(export_card_numbers)
        .service(print_card_labels);
    config
        .service(list_card_stock)
        .service(find_blank_card)
        .service(list_card_moves)
        .service(register_blank_cards);
    config
        .service(list_card_transfers)
        .service(send_cards)
        .service(read_card_transfer)
        .service(receive_cards);
    config.service(read_card_stock_rules).service(update_card_stock_rules);
}

/// A file that no cache keeps.
fn file(found: NumbersFile, ending: &str, media_type: &str, shown: &str) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, media_type))
        .insert_header((
            CONTENT_DISPOSITION,
            format!("{shown}; filename=\"{}.{ending}\"", found.name),
        ))
        .insert_header((CACHE_CONTROL, "private, no-store"))
        .body(found.bytes)
}

/// Batches of blank cards, the newest first: those of which one's stores have some.
#[utoipa::path(tag = "card stock", params(PageArgs), responses((status = 200, body = Page<CardBatch>)))]
#[get("/card-batches")]
async fn list_card_batches(
    permit: Permit<action::CardStockRead>,
    page: Query<PageArgs>,
    state: web::Data<State>,
) -> Answer {
    let list = move |engine: &Engine| engine.card_batches(permit.actor(), &page.0);
    Ok(answer::ok(&state.read(list).await?))
}

/// Makes a batch of 1–20 000 blank cards with numbers nobody can guess and no card has. The first thousand is there at once;
/// `drawn` tells how far the rest is.
#[utoipa::path(
    tag = "card stock", params(IdempotencyKey), request_body = NewCardBatch, responses((status = 201, body = CardBatch))
)]
#[post("/card-batches")]
async fn create_card_batch(
    permit: Permit<action::CardBatchWrite>,
    write: Write<NewCardBatch>,
    state: web::Data<State>,
) -> Answer {
    let actor = permit.in_chain()?;
    let made = state.engine.create_card_batch(actor, Some(write.key), write.body);
    Ok(answer::written(made.await?, |_| 1, |batch| batch))
}

/// One of them.
#[utoipa::path(tag = "card stock", params(("id" = Uuid, Path)), responses((status = 200, body = CardBatch)))]
#[get("/card-batches/{id}")]
async fn read_card_batch(
    permit: Permit<action::CardStockRead>,
    id: Id<CardBatchId>,
    state: web::Data<State>,
) -> Answer {
    let read = move |engine: &Engine| engine.card_batch(permit.actor(), id.0);
    Ok(answer::ok(&state.read(read).await?))
}

/// The numbers of a batch as a file for who prints the cards; the last column says who took it away and when. No cell is
/// computed by a spreadsheet. The access log notes it.
#[utoipa::path(
    tag = "card stock", params(("id" = Uuid, Path), CardNumberQuery),
    responses(SheetAnswer)
)]
#[get("/card-batches/{id}/numbers")]
async fn export_card_numbers(
    permit: Permit<action::CardNumbersExport>,
    id: Id<CardBatchId>,
    query: Query<CardNumberQuery>,
    language: Language,
    state: web::Data<State>,
) -> Answer {
    let actor = permit.in_chain()?;
    let found = state.engine.card_numbers(actor, id.0, &query.0, language.picker());
    let format = query.0.format;
    Ok(file(found.await?, format.as_str(), format.media_type(), "attachment"))
}

/// Labels of a batch, at most 1000 at once, each number as a bar code (Code 128) and in digits. The access log notes it.
#[utoipa::path(
    tag = "card stock", params(("id" = Uuid, Path), CardLabelQuery),
    responses((status = 200, body = Vec<u8>, content_type = "application/pdf"))
)]
#[get("/card-batches/{id}/labels")]
async fn print_card_labels(
    permit: Permit<action::CardNumbersExport>,
    id: Id<CardBatchId>,
    query: Query<CardLabelQuery>,
    state: web::Data<State>,
) -> Answer {
    let actor = permit.in_chain()?;
    let found = state.engine.card_labels(actor, id.0, query.0);
    Ok(file(found.await?, "pdf", "application/pdf", "inline"))
}

/// What is in stock, on its way, issued, lost, damaged and void, place by place; HQ is the place without a store.
#[utoipa::path(tag = "card stock", params(PageArgs), responses((status = 200, body = Page<StockOfPlace>)))]
#[get("/card-stock")]
async fn list_card_stock(
    permit: Permit<action::CardStockRead>,
    page: Query<PageArgs>,
    state: web::Data<State>,
) -> Answer {
    let list = move |engine: &Engine| engine.card_stock(permit.actor(), &page.0);
    Ok(answer::ok(&state.read(list).await?))
}

/// The blank card of a whole number, wherever it is, with what has happened to it.
#[utoipa::path(tag = "card stock", params(BlankQuery), responses((status = 200, body = BlankCard)))]
#[get("/blank-card")]
async fn find_blank_card(
    permit: Permit<action::CardStockRead>,
    query: Query<BlankQuery>,
    state: web::Data<State>,
) -> Answer {
    let find = move |engine: &Engine| engine.blank_card(permit.actor(), &query.0);
    Ok(answer::ok(&state.read(find).await?))
}

/// What has happened to the blank cards of one's stores, the newest first; with `registered`, the register of lost and
/// damaged ones.
#[utoipa::path(tag = "card stock", params(CardMoveQuery), responses((status = 200, body = Page<CardMove>)))]
#[get("/card-moves")]
async fn list_card_moves(
    permit: Permit<action::CardStockRead>,
    query: Query<CardMoveQuery>,
    state: web::Data<State>,
) -> Answer {
    let list = move |engine: &Engine| engine.card_moves(permit.actor(), &query.0);
    Ok(answer::ok(&state.read(list).await?))
}

/// Registers blank cards of a place as lost, damaged, void or found.
#[utoipa::path(
    tag = "card stock", params(IdempotencyKey), request_body = BlankRegistration,
    responses((status = 201, body = Registered))
)]
#[post("/card-moves")]
async fn register_blank_cards(
    permit: Permit<action::CardStockMove>,
    write: Write<BlankRegistration>,
    state: web::Data<State>,
) -> Answer {
    let done = state
        .engine
        .register_blanks(permit.actor(), Some(write.key), write.body);
    Ok(answer::written(done.await?, |_| 1, |registered| registered))
}

/// Parcels from and to one's stores, sent last first.
#[utoipa::path(tag = "card stock", params(CardTransferQuery), responses((status = 200, body = Page<CardTransfer>)))]
#[get("/card-transfers")]
async fn list_card_transfers(
    permit: Permit<action::CardStockRead>,
    query: Query<CardTransferQuery>,
    state: web::Data<State>,
) -> Answer {
    let list = move |engine: &Engine| engine.card_transfers(permit.actor(), &query.0);
    Ok(answer::ok(&state.read(list).await?))
}

/// Sends blank cards to another place: by serial numbers, or as many of a batch as are wanted.
#[utoipa::path(
    tag = "card stock", params(IdempotencyKey), request_body = NewCardTransfer,
    responses((status = 201, body = CardTransfer))
)]
#[post("/card-transfers")]
async fn send_cards(
    permit: Permit<action::CardStockMove>,
    write: Write<NewCardTransfer>,
    state: web::Data<State>,
) -> Answer {
    let sent = state.engine.send_cards(permit.actor(), Some(write.key), write.body);
    Ok(answer::written(sent.await?, |_| 1, |transfer| transfer))
}

/// One of them.
#[utoipa::path(tag = "card stock", params(("id" = Uuid, Path)), responses((status = 200, body = CardTransfer)))]
#[get("/card-transfers/{id}")]
async fn read_card_transfer(
    permit: Permit<action::CardStockRead>,
    id: Id<CardTransferId>,
    state: web::Data<State>,
) -> Answer {
    let read = move |engine: &Engine| engine.card_transfer(permit.actor(), id.0);
    Ok(answer::ok(&state.read(read).await?))
}

/// Receives a parcel, by somebody else than who sent it: what isn't named as lost or damaged is in stock from now on.
#[utoipa::path(
    tag = "card stock", params(("id" = Uuid, Path), IdempotencyKey), request_body = TransferReceipt,
    responses((status = 200, body = CardTransfer))
)]
#[post("/card-transfers/{id}/receive")]
async fn receive_cards(
    permit: Permit<action::CardStockMove>,
    id: Id<CardTransferId>,
    write: Write<TransferReceipt>,
    state: web::Data<State>,
) -> Answer {
    let (actor, key) = (permit.actor(), Some(write.key));
    let received = state.engine.receive_cards(actor, key, id.0, write.body);
    Ok(answer::written(received.await?, |_| 1, |transfer| transfer))
}

setting! {
    CardStockRules tagged "card stock" at "/card-stock-rules" by CardStockRead;
    /// Which programs hand out cards of their blank stock only.
    read read_card_stock_rules;
    /// Replaces them.
    update update_card_stock_rules;
}
