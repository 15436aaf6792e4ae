//! Tags, segments, and what is done with everybody in one.

use super::customers::Customer;
use super::resource::{prelude::*, resource};
use cardea_domain::id::{CustomerId, SegmentId};
use cardea_engine::page::{ListQuery, PageArgs};
use cardea_engine::segment::{
    MassAnswer, MassMessage, MassTag, NewSegment, Segment, SegmentChange, SegmentFields, SegmentMembers, SegmentPreview,
};
use cardea_engine::tag::{CustomerTags, NewTag, Tag, TagChange, TagsChange};
use serde::Serialize;
use utoipa::ToSchema;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_tags)
        .service(create_tag)
        .service(read_tag)
        .service(update_tag)
        .service(read_customer_tags)
        .service(change_customer_tags)
        .service(list_segments)
        .service(create_segment)
        .service(preview_segment)
        .service(read_segment)
        .service(update_segment)
        .service(list_segment_members)
        .service(tag_segment)
        .service(message_segment)
        .service(read_segment_fields);
}

resource! {
    Tag(NewTag, TagChange, ListQuery) tagged "segments" at "/tags" and "/tags/{id}" by SegmentRead, SegmentWrite;
    /// Tags, oldest first.
    list list_tags;
    /// Adds a tag.
    create create_tag;
    /// One tag.
    read read_tag;
    /// Changes a tag.
    update update_tag;
}

resource! {
    Segment(NewSegment, SegmentChange, ListQuery) tagged "segments" at "/segments" and "/segments/{id}"
    by SegmentRead, SegmentWrite;
    /// Segments, oldest first.
    list list_segments;
    /// Saves a segment.
    create create_segment;
    /// One segment.
    read read_segment;
    /// Changes a segment; campaigns that name it go by it from now on.
    update update_segment;
}

/// Who is meant, of the customers of one's stores.
#[derive(Serialize, ToSchema)]
#[schema(as = SegmentMembers)]
struct Members {
    count: i64,
    /// Of them, who agreed to promotions: whom a message would reach.
    consenting: i64,
    /// Masked.
    items: Vec<Customer>,
    /// Give it back as `after` for the next page; null on the last one.
    next: Option<String>,
}

impl Members {
    fn new(found: SegmentMembers, language: Language) -> Self {
        let customers = found.page.items.into_iter();
        Self {
            count: found.count,
            consenting: found.consenting,
            items: customers.map(|view| Customer::new(view, language)).collect(),
            next: found.page.next,
        }
    }
}

/// What segments can ask for, with the chain's own choices.
#[utoipa::path(tag = "segments", responses((status = 200, body = SegmentFields)))]
#[get("/segment-fields")]
async fn read_segment_fields(permit: Permit<action::SegmentRead>, state: web::Data<State>) -> Answer {
    let read = move |engine: &Engine| engine.segment_fields(permit.actor());
    Ok(answer::ok(&state.read(read).await?))
}

/// Who would be meant by rules: how many, and the first of them, masked. Nothing is saved.
#[utoipa::path(
    tag = "segments", params(IdempotencyKey), request_body = SegmentPreview, responses((status = 200, body = Members))
)]
#[post("/segments/preview")]
async fn preview_segment(
    permit: Permit<action::SegmentRead>,
    write: Write<SegmentPreview>,
    language: Language,
    state: web::Data<State>,
) -> Answer {
    let preview = move |engine: &Engine| engine.preview_segment(permit.actor(), &write.body);
    Ok(answer::ok(&Members::new(state.read(preview).await?, language)))
}

/// Who is in a segment, of the customers of one's stores: how many, and a page of them, masked.
#[utoipa::path(
    tag = "segments", params(("id" = Uuid, Path), PageArgs), responses((status = 200, body = Members))
)]
#[get("/segments/{id}/members")]
async fn list_segment_members(
    permit: Permit<action::SegmentRead>,
    id: Id<SegmentId>,
    page: Query<PageArgs>,
    language: Language,
    state: web::Data<State>,
) -> Answer {
    let list = move |engine: &Engine| engine.segment_members(permit.actor(), id.0, &page.0);
    Ok(answer::ok(&Members::new(state.read(list).await?, language)))
}

/// Gives everybody in a segment a tag, or takes it away. `expected_count` is what the preview has shown.
#[utoipa::path(
    tag = "segments", params(("id" = Uuid, Path), IdempotencyKey), request_body = MassTag,
    responses((status = 201, body = MassAnswer))
)]
#[post("/segments/{id}/tags")]
async fn tag_segment(
    permit: Permit<action::SegmentWrite>,
    id: Id<SegmentId>,
    write: Write<MassTag>,
    state: web::Data<State>,
) -> Answer {
    let done = state
        .engine
        .tag_segment(permit.in_chain()?, Some(write.key), id.0, write.body);
    answer::answered::<MassAnswer, _>(&done.await?, Ok)
}

/// Queues a message to everybody in a segment who agreed to promotions. `expected_count` is what the preview has shown.
#[utoipa::path(
    tag = "segments", params(("id" = Uuid, Path), IdempotencyKey), request_body = MassMessage,
    responses((status = 201, body = MassAnswer))
)]
#[post("/segments/{id}/messages")]
async fn message_segment(
    permit: Permit<action::SegmentWrite>,
    id: Id<SegmentId>,
    write: Write<MassMessage>,
    state: web::Data<State>,
) -> Answer {
    let done = state
        .engine
        .message_segment(permit.in_chain()?, Some(write.key), id.0, write.body);
    answer::answered::<MassAnswer, _>(&done.await?, Ok)
}

/// A customer's tags.
#[utoipa::path(tag = "segments", params(("id" = Uuid, Path)), responses((status = 200, body = CustomerTags)))]
#[get("/customers/{id}/tags")]
async fn read_customer_tags(
    permit: Permit<action::SegmentRead>,
    id: Id<CustomerId>,
    state: web::Data<State>,
) -> Answer {
    Ok(answer::ok(&state.engine.customer_tags(permit.actor(), id.0)?))
}

/// Gives a customer tags and takes others away.
#[utoipa::path(
    tag = "segments", params(("id" = Uuid, Path), IdempotencyKey), request_body = TagsChange,
    responses((status = 200, body = CustomerTags))
)]
#[post("/customers/{id}/tags")]
async fn change_customer_tags(
    permit: Permit<action::CustomerUpdate>,
    id: Id<CustomerId>,
    write: Write<TagsChange>,
    state: web::Data<State>,
) -> Answer {
    let changed = state
        .engine
        .tag_customer(permit.actor(), Some(write.key), id.0, write.body);
    Ok(answer::written(changed.await?, |_| 1, |tags| tags))
}
