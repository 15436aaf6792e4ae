//! Messages to staff and customers: what became of them, how a chain sends, when, and in which words.

use super::resource::prelude::*;
use super::settings::setting;
use cardea_domain::id::{CustomerId, MessageId, StaffId};
use cardea_domain::message::Channel;
use cardea_engine::message::{
    ChannelChange, ChannelView, MessageKindView, MessageQuery, MessageStep, MessageSummary, MessageView, Preview,
    RefusalsChange, RefusalsView, Retried, RetryAll, RulesDocument, StaffContact, StaffContactChange, TestSend,
    TestSent, WantedPreview, WordingDocument,
};
use cardea_engine::settings::{SettingChange, SettingView};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_messages)
        .service(read_message)
        .service(retry_message)
        .service(drop_message)
        .service(retry_messages)
        .service(read_message_summary)
        .service(list_message_kinds)
        .service(read_message_rules)
        .service(update_message_rules)
        .service(read_message_wording)
        .service(update_message_wording)
        .service(preview_message)
        .service(list_message_channels)
        .service(update_message_channel)
        .service(try_message_channel)
        .service(read_message_refusals)
        .service(update_message_refusals)
        .service(read_staff_contact)
        .service(update_staff_contact);
}

/// Messages, newest first.
#[utoipa::path(tag = "messages", params(MessageQuery), responses((status = 200, body = Page<MessageView>)))]
#[get("/messages")]
async fn list_messages(
    permit: Permit<action::MessageRead>,
    query: Query<MessageQuery>,
    state: web::Data<State>,
) -> Answer {
    let list = move |engine: &Engine| engine.messages(permit.actor(), &query.0);
    Ok(answer::ok(&state.read(list).await?))
}

/// One message.
#[utoipa::path(tag = "messages", params(("id" = Uuid, Path)), responses((status = 200, body = MessageView)))]
#[get("/messages/{id}")]
async fn read_message(permit: Permit<action::MessageRead>, id: Id<MessageId>, state: web::Data<State>) -> Answer {
    Ok(answer::ok(&state.engine.message(permit.actor(), id.0)?))
}

/// Sends a message again that was given up, dropped, or whose answer was lost. It may then arrive twice.
#[utoipa::path(
    tag = "messages", params(("id" = Uuid, Path), IdempotencyKey), request_body = MessageStep,
    responses((status = 200, body = MessageView))
)]
#[post("/messages/{id}/retry")]
async fn retry_message(
    permit: Permit<action::MessageManage>,
    id: Id<MessageId>,
    write: Write<MessageStep>,
    state: web::Data<State>,
) -> Answer {
    let MessageStep {} = write.body;
    let done = state.engine.retry_message(permit.actor(), Some(write.key), id.0);
    Ok(answer::written(done.await?, |_| 1, |message| message))
}

/// Doesn't send a message that waits or was given up.
#[utoipa::path(
    tag = "messages", params(("id" = Uuid, Path), IdempotencyKey), request_body = MessageStep,
    responses((status = 200, body = MessageView))
)]
#[post("/messages/{id}/drop")]
async fn drop_message(
    permit: Permit<action::MessageManage>,
    id: Id<MessageId>,
    write: Write<MessageStep>,
    state: web::Data<State>,
) -> Answer {
    let MessageStep {} = write.body;
    let done = state.engine.drop_message(permit.actor(), Some(write.key), id.0);
    Ok(answer::written(done.await?, |_| 1, |message| message))
}

/// Sends again all that were given up, or all whose answer was lost: 1 000 at a time.
#[utoipa::path(
    tag = "messages", params(IdempotencyKey), request_body = RetryAll, responses((status = 200, body = Retried))
)]
#[post("/messages/retry-all")]
async fn retry_messages(
    permit: Permit<action::MessageManage>,
    write: Write<RetryAll>,
    state: web::Data<State>,
) -> Answer {
    let done = state.engine.retry_messages(permit.actor(), Some(write.key), write.body);
    Ok(answer::ok(&done.await?))
}

/// How many wait or were given up, and how it stands with the channels.
#[utoipa::path(tag = "messages", responses((status = 200, body = MessageSummary)))]
#[get("/message-summary")]
async fn read_message_summary(permit: Permit<action::MessageRead>, state: web::Data<State>) -> Answer {
    let read = move |engine: &Engine| engine.message_summary(permit.actor());
    Ok(answer::ok(&state.read(read).await?))
}

/// What kinds of messages there are, with their placeholders and the wording that is shipped.
#[utoipa::path(tag = "messages", responses((status = 200, body = Vec<MessageKindView>)))]
#[get("/message-kinds")]
async fn list_message_kinds(permit: Permit<action::MessageRead>, state: web::Data<State>) -> Answer {
    Ok(answer::ok(&state.engine.message_kinds(permit.actor())?))
}

setting! {
    RulesDocument tagged "messages" at "/message-rules" by MessageRead;
    /// When messages go: quiet hours, how many, by which channels, which not at all.
    read read_message_rules;
    /// Replaces the rules of messages.
    update update_message_rules;
}

setting! {
    WordingDocument tagged "messages" at "/message-wording" by MessageRead;
    /// What messages say where it isn't the shipped wording, and the templates of providers.
    read read_message_wording;
    /// Replaces the wording of messages.
    update update_message_wording;
}

/// A message with samples in its placeholders; nothing is sent or kept.
#[utoipa::path(
    tag = "messages", params(IdempotencyKey), request_body = WantedPreview, responses((status = 200, body = Preview))
)]
#[post("/message-previews")]
async fn preview_message(
    permit: Permit<action::MessageRead>,
    write: Write<WantedPreview>,
    state: web::Data<State>,
) -> Answer {
    Ok(answer::ok(&state.engine.preview_message(permit.actor(), &write.body)?))
}

/// How the chain sends: mail, SMS, chat; without passwords and keys.
#[utoipa::path(tag = "messages", responses((status = 200, body = Vec<ChannelView>)))]
#[get("/message-channels")]
async fn list_message_channels(permit: Permit<action::ConfigurationWrite>, state: web::Data<State>) -> Answer {
    Ok(answer::ok(&state.engine.message_channels(permit.actor())?))
}

/// Sets up or changes a channel.
#[utoipa::path(
    tag = "messages", params(("id" = Channel, Path), IdempotencyKey, IfMatch), request_body = ChannelChange,
    responses((status = 200, body = ChannelView))
)]
#[patch("/message-channels/{id}")]
async fn update_message_channel(
    permit: Permit<action::ConfigurationWrite>,
    id: Id<Channel>,
    version: IfMatch,
    write: Write<ChannelChange>,
    state: web::Data<State>,
) -> Answer {
    let (actor, key) = (permit.in_chain()?, Some(write.key));
    let changed = state
        .engine
        .update_message_channel(actor, key, (id.0, version.0), write.body);
    Ok(answer::written(changed.await?, |found| found.version, |found| found))
}

/// Sends one message with samples now, and says what became of it.
#[utoipa::path(
    tag = "messages", params(("id" = Channel, Path), IdempotencyKey), request_body = TestSend,
    responses((status = 200, body = TestSent))
)]
#[post("/message-channels/{id}/test")]
async fn try_message_channel(
    permit: Permit<action::ConfigurationWrite>,
    id: Id<Channel>,
    write: Write<TestSend>,
    state: web::Data<State>,
) -> Answer {
    // Not answered from an earlier one: whoever tries again wants to see what happens now.
    let sent = state.engine.try_message_channel(permit.in_chain()?, id.0, write.body);
    Ok(answer::ok(&sent.await?))
}

/// What a customer doesn't want to get.
#[utoipa::path(tag = "messages", params(("id" = Uuid, Path)), responses((status = 200, body = RefusalsView)))]
#[get("/customers/{id}/message-refusals")]
async fn read_message_refusals(
    permit: Permit<action::CustomerRead>,
    id: Id<CustomerId>,
    state: web::Data<State>,
) -> Answer {
    Ok(answer::ok(&state.engine.message_refusals(permit.actor(), id.0)?))
}

/// Says all that a customer doesn't want to get. Who doesn't refuse marketing agrees to it.
#[utoipa::path(
    tag = "messages", params(("id" = Uuid, Path), IdempotencyKey), request_body = RefusalsChange,
    responses((status = 200, body = RefusalsView))
)]
#[post("/customers/{id}/message-refusals")]
async fn update_message_refusals(
    permit: Permit<action::CustomerUpdate>,
    id: Id<CustomerId>,
    write: Write<RefusalsChange>,
    state: web::Data<State>,
) -> Answer {
    let changed = state
        .engine
        .update_message_refusals(permit.actor(), Some(write.key), id.0, write.body);
    Ok(answer::written(changed.await?, |_| 1, |found| found))
}

/// Where somebody on the staff gets messages; of others, by who administers them.
#[utoipa::path(tag = "staff", params(("id" = Uuid, Path)), responses((status = 200, body = StaffContact)))]
#[get("/staff/{id}/contact")]
async fn read_staff_contact(
    permit: Permit<action::MembershipRead>,
    id: Id<StaffId>,
    state: web::Data<State>,
) -> Answer {
    let found = state.engine.staff_contact(permit.actor(), id.0)?;
    Ok(answer::tagged(found.version, &found))
}

/// Replaces it.
#[utoipa::path(
    tag = "staff", params(("id" = Uuid, Path), IdempotencyKey, IfMatch), request_body = StaffContactChange,
    responses((status = 200, body = StaffContact))
)]
#[patch("/staff/{id}/contact")]
async fn update_staff_contact(
    permit: Permit<action::MembershipRead>,
    id: Id<StaffId>,
    version: IfMatch,
    write: Write<StaffContactChange>,
    state: web::Data<State>,
) -> Answer {
    let (actor, key) = (permit.actor(), Some(write.key));
    let changed = state
        .engine
        .update_staff_contact(actor, key, (id.0, version.0), write.body);
    Ok(answer::written(changed.await?, |found| found.version, |found| found))
}
