//! Contracts with customers, from the draft to the archive.

use super::resource::{prelude::*, resource};
use super::settings::setting;
use cardea_domain::id::ContractId;
use cardea_engine::contract::{
    Contract, ContractChange, ContractChanges, ContractComment, ContractEvent, ContractListed, ContractNote,
    ContractQuery, ContractRebate, ContractType, ContractTypeChange, ContractVersions, Custody, DifferenceQuery,
    Fulfilling, MilestoneDone, NewContract, NewContractType, OwnParty, RebateQuery, Signing, Supplementing,
    Terminating, WithoutContract, WithoutContractQuery,
};
use cardea_engine::page::{ListQuery, PageArgs};
use cardea_engine::settings::{SettingChange, SettingView};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_contract_types)
        .service(create_contract_type)
        .service(read_contract_type)
        .service(update_contract_type)
        .service(read_own_party)
        .service(update_own_party);
    config
        .service(list_contracts)
        .service(create_contract)
        .service(read_contract)
        .service(update_contract)
        .service(list_contract_history)
        .service(list_contract_versions)
        .service(read_contract_changes);
    config
        .service(submit_contract)
        .service(withdraw_contract)
        .service(reopen_contract)
        .service(sign_contract)
        .service(terminate_contract)
        .service(archive_contract)
        .service(fulfil_contract)
        .service(comment_on_contract)
        .service(supplement_contract)
        .service(renew_contract)
        .service(note_milestone)
        .service(set_custody)
        .service(read_contract_rebate)
        .service(list_without_contract);
}

resource! {
    ContractType(NewContractType, ContractTypeChange, ListQuery) tagged "contracts"
    at "/contract-types" and "/contract-types/{id}" by ContractRead, ConfigurationWrite;
    /// Types of contracts, oldest first.
    list list_contract_types;
    /// Declares a type of contracts.
    create create_contract_type;
    /// One type.
    read read_contract_type;
    /// Changes a type. Requests for approval that wait keep the steps they were made with.
    update update_contract_type;
}

setting! {
    OwnParty tagged "contracts" at "/own-party" by ContractRead;
    /// The chain as a party of its contracts.
    read read_own_party;
    /// Says who the chain is as a party; what was signed before stays as it was.
    update update_own_party;
}

/// Contracts of one's stores, newest first, without their texts.
#[utoipa::path(tag = "contracts", params(ContractQuery), responses((status = 200, body = Page<ContractListed>)))]
#[get("/contracts")]
async fn list_contracts(
    permit: Permit<action::ContractRead>,
    query: Query<ContractQuery>,
    state: web::Data<State>,
) -> Answer {
    let list = move |engine: &Engine| engine.contracts(permit.actor(), &query.0);
    Ok(answer::ok(&state.read(list).await?))
}

/// Writes the draft of a contract with a customer. It may be incomplete: what is missing is named in the answer.
#[utoipa::path(
    tag = "contracts", params(IdempotencyKey), request_body = NewContract, responses((status = 201, body = Contract))
)]
#[post("/contracts")]
async fn create_contract(
    permit: Permit<action::ContractWrite>,
    write: Write<NewContract>,
    state: web::Data<State>,
) -> Answer {
    let created = state
        .engine
        .create_contract(permit.actor(), Some(write.key), write.body);
    Ok(answer::written(
        created.await?,
        |contract| contract.listed.version,
        |contract| contract,
    ))
}

/// A contract with all its texts; the access log notes who read it.
#[utoipa::path(tag = "contracts", params(("id" = Uuid, Path)), responses((status = 200, body = Contract)))]
#[get("/contracts/{id}")]
async fn read_contract(permit: Permit<action::ContractRead>, id: Id<ContractId>, state: web::Data<State>) -> Answer {
    let contract = state.engine.read_contract(permit.actor(), id.0).await?;
    Ok(answer::tagged(contract.listed.version, &contract))
}

/// Replaces what stands in a draft.
#[utoipa::path(
    tag = "contracts", params(("id" = Uuid, Path), IdempotencyKey, IfMatch), request_body = ContractChange,
    responses((status = 200, body = Contract))
)]
#[patch("/contracts/{id}")]
async fn update_contract(
    permit: Permit<action::ContractWrite>,
    id: Id<ContractId>,
    version: IfMatch,
    write: Write<ContractChange>,
    state: web::Data<State>,
) -> Answer {
    let (actor, key) = (permit.actor(), Some(write.key));
    let changed = state.engine.update_contract(actor, key, id.0, version.0, write.body);
    Ok(answer::written(
        changed.await?,
        |contract| contract.listed.version,
        |contract| contract,
    ))
}

/// What happened with a contract, newest first: each step, who took it and what they said.
#[utoipa::path(
    tag = "contracts", params(("id" = Uuid, Path), PageArgs), responses((status = 200, body = Page<ContractEvent>))
)]
#[get("/contracts/{id}/history")]
async fn list_contract_history(
    permit: Permit<action::ContractRead>,
    id: Id<ContractId>,
    page: Query<PageArgs>,
    state: web::Data<State>,
) -> Answer {
    let list = move |engine: &Engine| engine.contract_history(permit.actor(), id.0, &page.0);
    Ok(answer::ok(&state.read(list).await?))
}

/// Versions of a contract's content, newest first; the access log notes who read them.
#[utoipa::path(tag = "contracts", params(("id" = Uuid, Path)), responses((status = 200, body = ContractVersions)))]
#[get("/contracts/{id}/versions")]
async fn list_contract_versions(
    permit: Permit<action::ContractRead>,
    id: Id<ContractId>,
    state: web::Data<State>,
) -> Answer {
    let items = state.engine.contract_versions(permit.actor(), id.0).await?;
    Ok(answer::ok(&ContractVersions { items }))
}

/// What differs between two versions of a contract: without numbers, between what the reader saw before and now.
#[utoipa::path(
    tag = "contracts", params(("id" = Uuid, Path), DifferenceQuery), responses((status = 200, body = ContractChanges))
)]
#[get("/contracts/{id}/changes")]
async fn read_contract_changes(
    permit: Permit<action::ContractRead>,
    id: Id<ContractId>,
    query: Query<DifferenceQuery>,
    state: web::Data<State>,
) -> Answer {
    let read = move |engine: &Engine| engine.contract_changes(permit.actor(), id.0, query.0);
    Ok(answer::ok(&state.read(read).await?))
}

/// Asks for the approvals that the type wants for such an amount; the content is frozen until then.
#[utoipa::path(
    tag = "contracts", params(("id" = Uuid, Path), IdempotencyKey), request_body = ContractNote,
    responses((status = 200, body = Contract))
)]
#[post("/contracts/{id}/submit")]
async fn submit_contract(
    permit: Permit<action::ContractWrite>,
    id: Id<ContractId>,
    write: Write<ContractNote>,
    state: web::Data<State>,
) -> Answer {
    let (actor, key) = (permit.actor(), Some(write.key));
    let done = state.engine.submit_contract(actor, key, id.0, write.body);
    Ok(answer::written(
        done.await?,
        |contract| contract.listed.version,
        |contract| contract,
    ))
}

/// Takes the request for approval back.
#[utoipa::path(
    tag = "contracts", params(("id" = Uuid, Path), IdempotencyKey), request_body = ContractNote,
    responses((status = 200, body = Contract))
)]
#[post("/contracts/{id}/withdraw")]
async fn withdraw_contract(
    permit: Permit<action::ContractWrite>,
    id: Id<ContractId>,
    write: Write<ContractNote>,
    state: web::Data<State>,
) -> Answer {
    let (actor, key) = (permit.actor(), Some(write.key));
    let done = state.engine.withdraw_contract(actor, key, id.0, write.body);
    Ok(answer::written(
        done.await?,
        |contract| contract.listed.version,
        |contract| contract,
    ))
}

/// Opens an approved contract for a change; it needs a new approval then.
#[utoipa::path(
    tag = "contracts", params(("id" = Uuid, Path), IdempotencyKey), request_body = ContractNote,
    responses((status = 200, body = Contract))
)]
#[post("/contracts/{id}/reopen")]
async fn reopen_contract(
    permit: Permit<action::ContractWrite>,
    id: Id<ContractId>,
    write: Write<ContractNote>,
    state: web::Data<State>,
) -> Answer {
    let (actor, key) = (permit.actor(), Some(write.key));
    let done = state.engine.reopen_contract(actor, key, id.0, write.body);
    Ok(answer::written(
        done.await?,
        |contract| contract.listed.version,
        |contract| contract,
    ))
}

/// Notes that both parties have signed: gives the filing number and keeps the parties as they are now.
#[utoipa::path(
    tag = "contracts", params(("id" = Uuid, Path), IdempotencyKey), request_body = Signing,
    responses((status = 200, body = Contract))
)]
#[post("/contracts/{id}/sign")]
async fn sign_contract(
    permit: Permit<action::ContractSign>,
    id: Id<ContractId>,
    write: Write<Signing>,
    state: web::Data<State>,
) -> Answer {
    let (actor, key) = (permit.actor(), Some(write.key));
    let done = state.engine.sign_contract(actor, key, id.0, write.body);
    Ok(answer::written(
        done.await?,
        |contract| contract.listed.version,
        |contract| contract,
    ))
}

/// Ends a signed contract before its term, on a day up to which it still holds.
#[utoipa::path(
    tag = "contracts", params(("id" = Uuid, Path), IdempotencyKey), request_body = Terminating,
    responses((status = 200, body = Contract))
)]
#[post("/contracts/{id}/terminate")]
async fn terminate_contract(
    permit: Permit<action::ContractEnd>,
    id: Id<ContractId>,
    write: Write<Terminating>,
    state: web::Data<State>,
) -> Answer {
    let (actor, key) = (permit.actor(), Some(write.key));
    let done = state.engine.terminate_contract(actor, key, id.0, write.body);
    Ok(answer::written(
        done.await?,
        |contract| contract.listed.version,
        |contract| contract,
    ))
}

/// Puts away what is over, or a draft that comes to nothing.
#[utoipa::path(
    tag = "contracts", params(("id" = Uuid, Path), IdempotencyKey), request_body = ContractNote,
    responses((status = 200, body = Contract))
)]
#[post("/contracts/{id}/archive")]
async fn archive_contract(
    permit: Permit<action::ContractEnd>,
    id: Id<ContractId>,
    write: Write<ContractNote>,
    state: web::Data<State>,
) -> Answer {
    let (actor, key) = (permit.actor(), Some(write.key));
    let done = state.engine.archive_contract(actor, key, id.0, write.body);
    Ok(answer::written(
        done.await?,
        |contract| contract.listed.version,
        |contract| contract,
    ))
}

/// Says something about a contract; it stands in its history, and nothing else changes.
#[utoipa::path(
    tag = "contracts", params(("id" = Uuid, Path), IdempotencyKey), request_body = ContractComment,
    responses((status = 200, body = Contract))
)]
#[post("/contracts/{id}/comments")]
async fn comment_on_contract(
    permit: Permit<action::ContractRead>,
    id: Id<ContractId>,
    write: Write<ContractComment>,
    state: web::Data<State>,
) -> Answer {
    let (actor, key) = (permit.actor(), Some(write.key));
    let said = state.engine.comment_on_contract(actor, key, id.0, write.body);
    Ok(answer::written(
        said.await?,
        |contract| contract.listed.version,
        |contract| contract,
    ))
}

/// Says how much of a signed contract is done.
#[utoipa::path(
    tag = "contracts", params(("id" = Uuid, Path), IdempotencyKey), request_body = Fulfilling,
    responses((status = 200, body = Contract))
)]
#[post("/contracts/{id}/fulfil")]
async fn fulfil_contract(
    permit: Permit<action::ContractWrite>,
    id: Id<ContractId>,
    write: Write<Fulfilling>,
    state: web::Data<State>,
) -> Answer {
    let (actor, key) = (permit.actor(), Some(write.key));
    let done = state.engine.fulfil_contract(actor, key, id.0, write.body);
    Ok(answer::written(
        done.await?,
        |contract| contract.listed.version,
        |contract| contract,
    ))
}

/// Begins a numbered change of a signed contract, as a draft with the text that holds now.
#[utoipa::path(
    tag = "contracts", params(("id" = Uuid, Path), IdempotencyKey), request_body = Supplementing,
    responses((status = 201, body = Contract))
)]
#[post("/contracts/{id}/supplement")]
async fn supplement_contract(
    permit: Permit<action::ContractWrite>,
    id: Id<ContractId>,
    write: Write<Supplementing>,
    state: web::Data<State>,
) -> Answer {
    let (actor, key) = (permit.actor(), Some(write.key));
    let done = state.engine.supplement_contract(actor, key, id.0, write.body);
    Ok(answer::written(
        done.await?,
        |contract| contract.listed.version,
        |contract| contract,
    ))
}

/// Begins the successor of a signed contract, as a draft with the text that holds now.
#[utoipa::path(
    tag = "contracts", params(("id" = Uuid, Path), IdempotencyKey), request_body = Supplementing,
    responses((status = 201, body = Contract))
)]
#[post("/contracts/{id}/renew")]
async fn renew_contract(
    permit: Permit<action::ContractWrite>,
    id: Id<ContractId>,
    write: Write<Supplementing>,
    state: web::Data<State>,
) -> Answer {
    let (actor, key) = (permit.actor(), Some(write.key));
    let done = state.engine.renew_contract(actor, key, id.0, write.body);
    Ok(answer::written(
        done.await?,
        |contract| contract.listed.version,
        |contract| contract,
    ))
}

/// Notes that a milestone has happened, or hasn't after all.
#[utoipa::path(
    tag = "contracts", params(("id" = Uuid, Path), IdempotencyKey), request_body = MilestoneDone,
    responses((status = 200, body = Contract))
)]
#[post("/contracts/{id}/milestones")]
async fn note_milestone(
    permit: Permit<action::ContractWrite>,
    id: Id<ContractId>,
    write: Write<MilestoneDone>,
    state: web::Data<State>,
) -> Answer {
    let (actor, key) = (permit.actor(), Some(write.key));
    let noted = state.engine.note_milestone(actor, key, id.0, write.body);
    Ok(answer::written(
        noted.await?,
        |contract| contract.listed.version,
        |contract| contract,
    ))
}

/// Says who keeps a signed original from now on, and where; the history names both custodians.
#[utoipa::path(
    tag = "contracts", params(("id" = Uuid, Path), IdempotencyKey), request_body = Custody,
    responses((status = 200, body = Contract))
)]
#[post("/contracts/{id}/custody")]
async fn set_custody(
    permit: Permit<action::ContractCustody>,
    id: Id<ContractId>,
    write: Write<Custody>,
    state: web::Data<State>,
) -> Answer {
    let (actor, key) = (permit.actor(), Some(write.key));
    let kept = state.engine.set_custody(actor, key, id.0, write.body);
    Ok(answer::written(
        kept.await?,
        |contract| contract.listed.version,
        |contract| contract,
    ))
}

/// Rebates of a signed contract from the recorded sales of its customer, with how they come about; the access log notes who
/// read it.
#[utoipa::path(
    tag = "contracts", params(("id" = Uuid, Path), RebateQuery), responses((status = 200, body = ContractRebate))
)]
#[get("/contracts/{id}/rebate")]
async fn read_contract_rebate(
    permit: Permit<action::ContractRead>,
    id: Id<ContractId>,
    query: Query<RebateQuery>,
    state: web::Data<State>,
) -> Answer {
    let rebate = state.engine.contract_rebate(permit.actor(), id.0, query.0).await?;
    Ok(answer::ok(&rebate))
}

/// Customers who have bought within a year and whom no contract binds, oldest first.
#[utoipa::path(
    tag = "contracts", params(WithoutContractQuery), responses((status = 200, body = Page<WithoutContract>))
)]
#[get("/customers-without-contract")]
async fn list_without_contract(
    permit: Permit<action::ContractRead>,
    query: Query<WithoutContractQuery>,
    state: web::Data<State>,
) -> Answer {
    let list = move |engine: &Engine| engine.without_contract(permit.actor(), &query.0);
    Ok(answer::ok(&state.read(list).await?))
}
