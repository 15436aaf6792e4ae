//! Memberships: a customer in a program.

use super::cards::answer_card;
use super::shown;
use crate::http::{Answer, Body, Id, IdempotencyKey, Language, Page, Permit, Query, Write, action, answer};
use crate::state::State;
use actix_web::{get, post, web};
use cardea_domain::id::{MembershipId, MembershipMergeId};
use cardea_engine::command::{
    Command, HandOver, HolderTransfer, NameHolder, NewHolder, NewHolderTransfer, NewRenewal, NewTier, Renew,
    RenewalView, SetTier, TierRevocation, TierSet,
};
use cardea_engine::page::PageArgs;
use cardea_engine::posting::{MembershipMerge, MembershipMergeQuery, NewMembershipMerge, UndoMembershipMerge};
use cardea_engine::query::{
    CardShown, GrantedRenewal, LotsQuery, MembershipLots, MembershipQuery, MembershipShown, MembershipTier,
    MembershipView,
};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_memberships)
        .service(read_membership)
        .service(name_holder)
        .service(hand_over_membership);
    config
        .service(merge_memberships)
        .service(list_membership_merges)
        .service(undo_membership_merge);
    config
        .service(quote_renewal)
        .service(renew_membership)
        .service(list_renewals);
    config
        .service(read_tier)
        .service(set_tier)
        .service(revoke_tier)
        .service(list_lots);
}

/// Memberships, newest first.
#[utoipa::path(tag = "memberships", params(MembershipQuery), responses((status = 200, body = Page<MembershipShown>)))]
#[get("/memberships")]
async fn list_memberships(
    permit: Permit<action::MembershipRead>,
    query: Query<MembershipQuery>,
    language: Language,
    state: web::Data<State>,
) -> Answer {
    let MembershipQuery {
        customer_id,
        limit,
        after,
    } = query.0;
    let page = PageArgs { limit, after };
    let found = state
        .read(move |engine| engine.memberships(permit.actor(), customer_id, &page))
        .await?;
    Ok(answer::page(found, |view| show(view, language)))
}

/// One membership with its cards and balances.
#[utoipa::path(tag = "memberships", params(("id" = Uuid, Path)), responses((status = 200, body = MembershipShown)))]
#[get("/memberships/{id}")]
async fn read_membership(
    permit: Permit<action::MembershipRead>,
    id: Id<MembershipId>,
    language: Language,
    state: web::Data<State>,
) -> Answer {
    let found = state
        .read(move |engine| engine.membership(permit.actor(), id.0))
        .await?;
    Ok(answer::ok(&show(found, language)))
}

/// An anonymous membership becomes a customer's (实名登记), and its cards named ones.
#[utoipa::path(
    tag = "memberships", params(("id" = Uuid, Path), IdempotencyKey), request_body = NewHolder,
    responses((status = 200, body = CardShown))
)]
#[post("/memberships/{id}/holder")]
async fn name_holder(
    permit: Permit<action::MembershipHolder>,
    id: Id<MembershipId>,
    write: Write<NewHolder>,
    language: Language,
    state: web::Data<State>,
) -> Answer {
    let command = Command::NameHolder(NameHolder {
        membership: id.0,
        holder: write.body,
    });
    let answered = state.engine.execute(permit.actor(), Some(write.key), &command).await?;
    answer_card(&state, permit.actor(), &answered, language)
}

/// Hands a membership over to another person (D-CARD-13): with its number, points, value and tier. Both have shown the
/// identity documents that are on record; PINs of its cards are forgotten, and codes of them stop.
#[utoipa::path(
    tag = "memberships", params(("id" = Uuid, Path), IdempotencyKey), request_body = NewHolderTransfer,
    responses((status = 201, body = HolderTransfer))
)]
#[post("/memberships/{id}/holder-transfers")]
async fn hand_over_membership(
    permit: Permit<action::MembershipTransfer>,
    id: Id<MembershipId>,
    write: Write<NewHolderTransfer>,
    state: web::Data<State>,
) -> Answer {
    let command = Command::HandOver(HandOver {
        membership: id.0,
        transfer: write.body,
    });
    let answered = state.engine.execute(permit.actor(), Some(write.key), &command).await?;
    answer::answered(&answered, Ok::<HolderTransfer, _>)
}

/// Merges another membership of the same customer in the same program into this one (D-CARD-13): lots with their dates,
/// debts, top-ups, passes, vouchers and exchanges go along, the better tier holds, and cards of the other one are `merged`.
#[utoipa::path(
    tag = "memberships", params(("id" = Uuid, Path), IdempotencyKey), request_body = NewMembershipMerge,
    responses((status = 201, body = MembershipMerge))
)]
#[post("/memberships/{id}/merge")]
async fn merge_memberships(
    permit: Permit<action::MembershipMerge>,
    id: Id<MembershipId>,
    write: Write<NewMembershipMerge>,
    state: web::Data<State>,
) -> Answer {
    let merged = state
        .engine
        .merge_memberships(permit.actor(), Some(write.key), id.0, write.body);
    Ok(answer::written(merged.await?, |_| 1, |merge| merge))
}

/// Merges into or of a membership, newest first.
#[utoipa::path(
    tag = "memberships", params(MembershipMergeQuery), responses((status = 200, body = Page<MembershipMerge>))
)]
#[get("/membership-merges")]
async fn list_membership_merges(
    permit: Permit<action::MembershipRead>,
    query: Query<MembershipMergeQuery>,
    state: web::Data<State>,
) -> Answer {
    let found = state
        .read(move |engine| engine.membership_merges(permit.actor(), &query.0))
        .await?;
    Ok(answer::ok(&found))
}

/// Takes a merge of memberships back by the opposite postings, while nothing that came over was touched; otherwise it says what
/// is in the way (`merge_used`).
#[utoipa::path(
    tag = "memberships", params(("id" = Uuid, Path), IdempotencyKey), request_body = UndoMembershipMerge,
    responses((status = 200, body = MembershipMerge))
)]
#[post("/membership-merges/{id}/undo")]
async fn undo_membership_merge(
    permit: Permit<action::MembershipMerge>,
    id: Id<MembershipMergeId>,
    write: Write<UndoMembershipMerge>,
    state: web::Data<State>,
) -> Answer {
    let undone = state
        .engine
        .undo_membership_merge(permit.actor(), Some(write.key), id.0, write.body);
    Ok(answer::written(undone.await?, |_| 1, |merge| merge))
}

/// What a renewal would bring, applied for now; nothing is written. Refused as the renewal itself.
#[utoipa::path(
    tag = "memberships", params(("id" = Uuid, Path)), request_body = NewRenewal,
    responses((status = 200, body = RenewalView))
)]
#[post("/memberships/{id}/renewals/quote")]
async fn quote_renewal(
    permit: Permit<action::MembershipRenew>,
    id: Id<MembershipId>,
    body: Body<NewRenewal>,
    state: web::Data<State>,
) -> Answer {
    let actor = permit.at(body.0.store_id)?;
    let (membership, renewal) = (id.0, body.0.clone());
    let answered = state
        .engine
        .quote(actor, &Command::Renew(Renew { membership, renewal }))?;
    answer::answered(&answered, Ok::<RenewalView, _>)
}

/// Renews a membership with its cards. The program's plugin decides, from what was paid and how often it was used; where
/// it has no rule for it, the program's terms do (`points.renewal` of its configuration). After the end, as late as they
/// allow: what the night has closed is open again, but points that ended with the membership stay ended. Refused
/// `not_eligible` with every reason and what is missing, `membership_exists` where another membership has taken its place,
/// `membership_closed` where people have closed it.
#[utoipa::path(
    tag = "memberships", params(("id" = Uuid, Path), IdempotencyKey), request_body = NewRenewal,
    responses((status = 201, body = RenewalView))
)]
#[post("/memberships/{id}/renewals")]
async fn renew_membership(
    permit: Permit<action::MembershipRenew>,
    id: Id<MembershipId>,
    write: Write<NewRenewal>,
    state: web::Data<State>,
) -> Answer {
    let actor = permit.at(write.body.store_id)?;
    let (membership, renewal) = (id.0, write.body.clone());
    let command = Command::Renew(Renew { membership, renewal });
    let answered = state.engine.execute(actor, Some(write.key), &command).await?;
    answer::answered(&answered, Ok::<RenewalView, _>)
}

/// The renewals of a membership, newest first.
#[utoipa::path(
    tag = "memberships", params(("id" = Uuid, Path), PageArgs), responses((status = 200, body = Page<GrantedRenewal>))
)]
#[get("/memberships/{id}/renewals")]
async fn list_renewals(
    permit: Permit<action::MembershipRead>,
    id: Id<MembershipId>,
    page: Query<PageArgs>,
    state: web::Data<State>,
) -> Answer {
    let found = state
        .read(move |engine| engine.renewals(permit.actor(), id.0, &page.0))
        .await?;
    Ok(answer::ok(&found))
}

/// How a membership's tier stands: what keeps it, what reaches the next one, which follows, and how it came about (D-TIER-3).
#[utoipa::path(tag = "memberships", params(("id" = Uuid, Path)), responses((status = 200, body = MembershipTier)))]
#[get("/memberships/{id}/tier")]
async fn read_tier(permit: Permit<action::MembershipRead>, id: Id<MembershipId>, state: web::Data<State>) -> Answer {
    let found = state
        .read(move |engine| engine.membership_tier(permit.actor(), id.0))
        .await?;
    Ok(answer::ok(&found))
}

/// Sets a tier by hand (D-TIER-2): above the one that figures give, with a reason, through a day at most 24 months from now.
/// Upgrades above it still happen; at its end the figures decide.
#[utoipa::path(
    tag = "memberships", params(("id" = Uuid, Path), IdempotencyKey), request_body = NewTier,
    responses((status = 200, body = TierSet))
)]
#[post("/memberships/{id}/tier")]
async fn set_tier(
    permit: Permit<action::TierSet>,
    id: Id<MembershipId>,
    write: Write<NewTier>,
    state: web::Data<State>,
) -> Answer {
    let NewTier { tier, until, reason } = write.body;
    let command = Command::SetTier(SetTier {
        membership: id.0,
        to: Some((tier, until)),
        reason,
    });
    let answered = state.engine.execute(permit.actor(), Some(write.key), &command).await?;
    answer::answered(&answered, |set: TierSet| Ok(set))
}

/// Takes a tier back that was set by hand, before its end: the figures decide.
#[utoipa::path(
    tag = "memberships", params(("id" = Uuid, Path), IdempotencyKey), request_body = TierRevocation,
    responses((status = 200, body = TierSet))
)]
#[post("/memberships/{id}/tier/revoke")]
async fn revoke_tier(
    permit: Permit<action::TierSet>,
    id: Id<MembershipId>,
    write: Write<TierRevocation>,
    state: web::Data<State>,
) -> Answer {
    let command = Command::SetTier(SetTier {
        membership: id.0,
        to: None,
        reason: write.body.reason,
    });
    let answered = state.engine.execute(permit.actor(), Some(write.key), &command).await?;
    answer::answered(&answered, |set: TierSet| Ok(set))
}

/// A membership's lots with their ends, and what ends by a day (D-LED-7).
#[utoipa::path(
    tag = "memberships", params(("id" = Uuid, Path), LotsQuery), responses((status = 200, body = MembershipLots))
)]
#[get("/memberships/{id}/lots")]
async fn list_lots(
    permit: Permit<action::MembershipRead>,
    id: Id<MembershipId>,
    query: Query<LotsQuery>,
    state: web::Data<State>,
) -> Answer {
    let found = state
        .read(move |engine| engine.membership_lots(permit.actor(), id.0, query.0))
        .await?;
    Ok(answer::ok(&found))
}

fn show(found: MembershipView, language: Language) -> MembershipShown {
    found.told(
        |customer| shown::customer(&customer, language),
        |holder| shown::holder(holder, language),
    )
}
