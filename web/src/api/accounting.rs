//! What HQ answers for: what members have, what stores owe each other, what members owe.

use super::exports::{SheetAnswer, sheet};
use super::resource::prelude::*;
use super::settings::setting;
use cardea_domain::accounting::SettlementRules;
use cardea_engine::accounting::*;
use cardea_engine::export::*;
use cardea_engine::settings::{SettingChange, SettingView};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(read_liability)
        .service(export_liability)
        .service(read_movements)
        .service(export_movements)
        .service(read_settlement)
        .service(list_settlement_pairs)
        .service(export_settlement)
        .service(read_settlement_rules)
        .service(update_settlement_rules)
        .service(list_debts)
        .service(export_debts);
}

/// What members have at the end of a day (D-LED-9), by program, asset, store of issue and age of lots. Lots past their
/// date count until their end is booked. The balances add up to those of all memberships.
#[utoipa::path(tag = "accounting", params(LiabilityQuery), responses((status = 200, body = LiabilityReport)))]
#[get("/reports/liability")]
async fn read_liability(
    permit: Permit<action::AccountingRead>,
    query: Query<LiabilityQuery>,
    state: web::Data<State>,
) -> Answer {
    let read = move |engine: &Engine| engine.liability(permit.actor(), &query.0);
    Ok(answer::ok(&state.read(read).await?))
}

/// What members have at the end of a day, as a file. The last column of every line says who took it away and when.
#[utoipa::path(tag = "accounting", params(LiabilityExportQuery), responses(SheetAnswer))]
#[get("/reports/liability/export")]
async fn export_liability(
    permit: Permit<action::AccountingRead>,
    query: Query<LiabilityExportQuery>,
    language: Language,
    state: web::Data<State>,
) -> Answer {
    let (engine, actor) = (&state.engine, permit.actor());
    let begun = engine.begin_liability_export(actor, &query.0, language.picker());
    Ok(sheet(&state, begun.await?, query.0.format))
}

/// What was issued, redeemed, expired and reversed in a period (D-LED-9), by program, asset and the store where it
/// happened; with the balances before and after.
#[utoipa::path(tag = "accounting", params(MovementQuery), responses((status = 200, body = MovementReport)))]
#[get("/reports/movements")]
async fn read_movements(
    permit: Permit<action::AccountingRead>,
    query: Query<MovementQuery>,
    state: web::Data<State>,
) -> Answer {
    let read = move |engine: &Engine| engine.movements(permit.actor(), &query.0);
    Ok(answer::ok(&state.read(read).await?))
}

/// What moved in a period, as a file.
#[utoipa::path(tag = "accounting", params(MovementExportQuery), responses(SheetAnswer))]
#[get("/reports/movements/export")]
async fn export_movements(
    permit: Permit<action::AccountingRead>,
    query: Query<MovementExportQuery>,
    language: Language,
    state: web::Data<State>,
) -> Answer {
    let (engine, actor) = (&state.engine, permit.actor());
    let begun = engine.begin_movement_export(actor, &query.0, language.picker());
    Ok(sheet(&state, begun.await?, query.0.format))
}

/// What each store pays and gets for a month (D-LED-10): earned or topped up at one, spent at another, at the transfer
/// prices. Stores of the chain's own come first; the balances add up to 0.
#[utoipa::path(tag = "accounting", params(SettlementQuery), responses((status = 200, body = SettlementReport)))]
#[get("/reports/settlement")]
async fn read_settlement(
    permit: Permit<action::AccountingRead>,
    query: Query<SettlementQuery>,
    state: web::Data<State>,
) -> Answer {
    let read = move |engine: &Engine| engine.settlement(permit.actor(), &query.0);
    Ok(answer::ok(&state.read(read).await?))
}

/// What one store issued and another redeemed in a month, pair by pair. What was given back in the month is off it.
#[utoipa::path(tag = "accounting", params(SettlementQuery), responses((status = 200, body = Page<SettlementRow>)))]
#[get("/reports/settlement/pairs")]
async fn list_settlement_pairs(
    permit: Permit<action::AccountingRead>,
    query: Query<SettlementQuery>,
    state: web::Data<State>,
) -> Answer {
    let read = move |engine: &Engine| engine.settlement_pairs(permit.actor(), &query.0);
    Ok(answer::ok(&state.read(read).await?))
}

/// What stores owe each other for a month, as a file; money is in decimals of the chain's currency.
#[utoipa::path(tag = "accounting", params(SettlementExportQuery), responses(SheetAnswer))]
#[get("/reports/settlement/export")]
async fn export_settlement(
    permit: Permit<action::AccountingRead>,
    query: Query<SettlementExportQuery>,
    language: Language,
    state: web::Data<State>,
) -> Answer {
    let (engine, actor) = (&state.engine, permit.actor());
    let begun = engine.begin_settlement_export(actor, &query.0, language.picker());
    Ok(sheet(&state, begun.await?, query.0.format))
}

setting! {
    SettlementRules tagged "accounting" at "/settlement-rules" by AccountingRead;
    /// The transfer prices between stores.
    read read_settlement_rules;
    /// Sets the transfer prices; a month is settled at what holds for it, whenever it is asked for.
    update update_settlement_rules;
}

/// Memberships in debt (D-LED-11) with since when; they earn towards it first and can't spend before.
#[utoipa::path(tag = "accounting", params(DebtQuery), responses((status = 200, body = Page<Debt>)))]
#[get("/debts")]
async fn list_debts(
    permit: Permit<action::AccountingRead>,
    query: Query<DebtQuery>,
    state: web::Data<State>,
) -> Answer {
    let read = move |engine: &Engine| engine.debts(permit.actor(), &query.0);
    Ok(answer::ok(&state.read(read).await?))
}

/// Memberships in debt, as a file.
#[utoipa::path(tag = "accounting", params(DebtExportQuery), responses(SheetAnswer))]
#[get("/debts/export")]
async fn export_debts(
    permit: Permit<action::AccountingRead>,
    query: Query<DebtExportQuery>,
    language: Language,
    state: web::Data<State>,
) -> Answer {
    let (engine, actor) = (&state.engine, permit.actor());
    let begun = engine.begin_debt_export(actor, &query.0, language.picker());
    Ok(sheet(&state, begun.await?, query.0.format))
}
