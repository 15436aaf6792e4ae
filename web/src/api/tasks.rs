//! What is to be done with customers: tasks, a consultant's day, service standards, the weekly check, handovers, calendars.

use super::resource::prelude::*;
use super::settings::setting;
use crate::http::Problem;
use actix_web::HttpResponse;
use cardea_domain::id::{ChainId, HandoverId, StaffId, TaskId};
use cardea_domain::task::RouteRules;
use cardea_engine::page::PageArgs;
use cardea_engine::settings::{SettingChange, SettingView};
use cardea_engine::task::*;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_tasks)
        .service(create_task)
        .service(order_tasks)
        .service(read_task)
        .service(update_task)
        .service(complete_task)
        .service(drop_task)
        .service(read_plan)
        .service(list_consultants)
        .service(read_service_standards)
        .service(update_service_standards)
        .service(list_routes)
        .service(read_route)
        .service(review_route)
        .service(read_route_rules)
        .service(update_route_rules)
        .service(list_task_checks)
        .service(check_tasks)
        .service(list_handovers)
        .service(hand_over)
        .service(undo_handover)
        .service(open_calendar)
        .service(close_calendar);
}

/// Outside `/api/v1`: calendars are read by phones, whose only log-in is the secret address.
pub fn calendars(config: &mut ServiceConfig) {
    config.service(read_calendar);
}

/// Tasks, the earliest due first.
#[utoipa::path(tag = "tasks", params(TaskQuery), responses((status = 200, body = Page<Task>)))]
#[get("/tasks")]
async fn list_tasks(permit: Permit<action::TaskRead>, query: Query<TaskQuery>, state: web::Data<State>) -> Answer {
    let read = move |engine: &Engine| engine.tasks(permit.actor(), &query.0);
    Ok(answer::ok(&state.read(read).await?))
}

/// Makes a task by hand.
#[utoipa::path(
    tag = "tasks", params(IdempotencyKey), request_body = NewTask, responses((status = 201, body = Task))
)]
#[post("/tasks")]
async fn create_task(permit: Permit<action::TaskWrite>, write: Write<NewTask>, state: web::Data<State>) -> Answer {
    let created = state.engine.create_task(permit.actor(), Some(write.key), write.body);
    Ok(answer::written(created.await?, |task| task.version, |task| task))
}

/// Sets the order of a round: each task gets its place. They may be fewer than the day's; those without a place come last.
#[utoipa::path(
    tag = "tasks", params(IdempotencyKey), request_body = TaskOrder, responses((status = 204, description = "Done"))
)]
#[post("/tasks/order")]
async fn order_tasks(permit: Permit<action::TaskWrite>, write: Write<TaskOrder>, state: web::Data<State>) -> Answer {
    let order = state.engine.order_tasks(permit.actor(), Some(write.key), write.body);
    order.await?;
    Ok(HttpResponse::NoContent().finish())
}

/// One task.
#[utoipa::path(tag = "tasks", params(("id" = Uuid, Path)), responses((status = 200, body = Task)))]
#[get("/tasks/{id}")]
async fn read_task(permit: Permit<action::TaskRead>, id: Id<TaskId>, state: web::Data<State>) -> Answer {
    let task = state.engine.task(permit.actor(), id.0)?;
    Ok(answer::tagged(task.version, &task))
}

/// Changes an open task: another day, somebody else.
#[utoipa::path(
    tag = "tasks", params(("id" = Uuid, Path), IdempotencyKey, IfMatch), request_body = TaskChange,
    responses((status = 200, body = Task))
)]
#[patch("/tasks/{id}")]
async fn update_task(
    permit: Permit<action::TaskWrite>,
    id: Id<TaskId>,
    version: IfMatch,
    write: Write<TaskChange>,
    state: web::Data<State>,
) -> Answer {
    let (actor, key) = (permit.actor(), Some(write.key));
    let changed = state.engine.update_task(actor, key, id.0, version.0, write.body);
    Ok(answer::written(changed.await?, |task| task.version, |task| task))
}

/// Ends a task: its outcome is an entry of the customer's journal, and may bring the next task.
#[utoipa::path(
    tag = "tasks", params(("id" = Uuid, Path), IdempotencyKey, IfMatch), request_body = EndedTask,
    responses((status = 200, body = Task))
)]
#[post("/tasks/{id}/complete")]
async fn complete_task(
    permit: Permit<action::TaskWrite>,
    id: Id<TaskId>,
    version: IfMatch,
    write: Write<EndedTask>,
    state: web::Data<State>,
) -> Answer {
    let (actor, key) = (permit.actor(), Some(write.key));
    let ended = state.engine.complete_task(actor, key, id.0, version.0, write.body);
    Ok(answer::written(ended.await?, |task| task.version, |task| task))
}

/// Drops a task, with the reason.
#[utoipa::path(
    tag = "tasks", params(("id" = Uuid, Path), IdempotencyKey, IfMatch), request_body = DroppedTask,
    responses((status = 200, body = Task))
)]
#[post("/tasks/{id}/drop")]
async fn drop_task(
    permit: Permit<action::TaskWrite>,
    id: Id<TaskId>,
    version: IfMatch,
    write: Write<DroppedTask>,
    state: web::Data<State>,
) -> Answer {
    let (actor, key) = (permit.actor(), Some(write.key));
    let dropped = state.engine.drop_task(actor, key, id.0, version.0, write.body);
    Ok(answer::written(dropped.await?, |task| task.version, |task| task))
}

/// A consultant's day: what is overdue and due, in the order of the round.
#[utoipa::path(tag = "tasks", params(PlanQuery), responses((status = 200, body = Plan)))]
#[get("/plan")]
async fn read_plan(permit: Permit<action::TaskRead>, query: Query<PlanQuery>, state: web::Data<State>) -> Answer {
    let read = move |engine: &Engine| engine.plan(permit.actor(), &query.0);
    Ok(answer::ok(&state.read(read).await?))
}

/// Who looks after customers or has tasks, with how much is open and overdue; who has left and still has some is among them.
#[utoipa::path(tag = "tasks", responses((status = 200, body = Page<ConsultantView>)))]
#[get("/consultants")]
async fn list_consultants(permit: Permit<action::TaskManage>, state: web::Data<State>) -> Answer {
    let read = move |engine: &Engine| engine.consultants(permit.actor());
    let items = state.read(read).await?;
    Ok(answer::ok(&Page { items, next: None }))
}

/// How often customers hear from the shop, by grade.
#[utoipa::path(tag = "tasks", responses((status = 200, body = ServiceStandardsView)))]
#[get("/service-standards")]
async fn read_service_standards(permit: Permit<action::TaskRead>, state: web::Data<State>) -> Answer {
    let found = state.engine.service_standards(permit.actor())?;
    Ok(answer::tagged(found.version, &found))
}

/// Sets the service standards; they hold for the next contacts.
#[utoipa::path(
    tag = "tasks", params(IdempotencyKey, IfMatch), request_body = ServiceStandardsChange,
    responses((status = 200, body = ServiceStandardsView))
)]
#[patch("/service-standards")]
async fn update_service_standards(
    permit: Permit<action::ConfigurationWrite>,
    version: IfMatch,
    write: Write<ServiceStandardsChange>,
    state: web::Data<State>,
) -> Answer {
    let (actor, key) = (permit.in_chain()?, Some(write.key));
    let changed = state.engine.update_service_standards(actor, key, version.0, write.body);
    Ok(answer::written(changed.await?, |found| found.version, |found| found))
}

/// Weekly checks, the last one first.
#[utoipa::path(tag = "tasks", params(TaskCheckQuery), responses((status = 200, body = Page<TaskCheck>)))]
#[get("/task-checks")]
async fn list_task_checks(
    permit: Permit<action::TaskManage>,
    query: Query<TaskCheckQuery>,
    state: web::Data<State>,
) -> Answer {
    let read = move |engine: &Engine| engine.task_checks(permit.actor(), &query.0);
    Ok(answer::ok(&state.read(read).await?))
}

/// Notes the weekly check of somebody's tasks; the figures that were looked at are kept with it.
#[utoipa::path(
    tag = "tasks", params(IdempotencyKey), request_body = NewTaskCheck, responses((status = 201, body = TaskCheck))
)]
#[post("/task-checks")]
async fn check_tasks(
    permit: Permit<action::TaskManage>,
    write: Write<NewTaskCheck>,
    state: web::Data<State>,
) -> Answer {
    let noted = state.engine.check_tasks(permit.actor(), Some(write.key), write.body);
    Ok(answer::written(noted.await?, |_| 1, |check| check))
}

/// Routes of the consultants of one's stores, by name, with their last review.
#[utoipa::path(tag = "tasks", responses((status = 200, body = Page<RouteView>)))]
#[get("/routes")]
async fn list_routes(permit: Permit<action::TaskRead>, state: web::Data<State>) -> Answer {
    let items = state.read(move |engine| engine.routes(permit.actor())).await?;
    Ok(answer::ok(&Page { items, next: None }))
}

/// A consultant's customers by region and route order; the id is the consultant's.
#[utoipa::path(
    tag = "tasks", params(("id" = Uuid, Path), PageArgs), responses((status = 200, body = Page<RouteStop>))
)]
#[get("/routes/{id}")]
async fn read_route(
    permit: Permit<action::TaskRead>,
    id: Id<StaffId>,
    page: Query<PageArgs>,
    state: web::Data<State>,
) -> Answer {
    let read = move |engine: &Engine| engine.route(permit.actor(), id.0, &page.0);
    Ok(answer::ok(&state.read(read).await?))
}

/// Notes that somebody's route was reviewed; the id is the consultant's.
#[utoipa::path(
    tag = "tasks", params(("id" = Uuid, Path), IdempotencyKey), request_body = NewRouteReview,
    responses((status = 201, body = RouteReview))
)]
#[post("/routes/{id}/reviews")]
async fn review_route(
    permit: Permit<action::TaskManage>,
    id: Id<StaffId>,
    write: Write<NewRouteReview>,
    state: web::Data<State>,
) -> Answer {
    let (actor, key) = (permit.actor(), Some(write.key));
    let reviewed = state.engine.review_route(actor, key, id.0, write.body);
    Ok(answer::written(reviewed.await?, |_| 1, |review| review))
}

setting! {
    RouteRules tagged "tasks" at "/route-rules" by TaskRead;
    /// How often routes are reviewed.
    read read_route_rules;
    /// Sets how often routes are reviewed.
    update update_route_rules;
}

/// Handovers, the last one first.
#[utoipa::path(tag = "tasks", params(PageArgs), responses((status = 200, body = Page<Handover>)))]
#[get("/handovers")]
async fn list_handovers(permit: Permit<action::TaskManage>, query: Query<PageArgs>, state: web::Data<State>) -> Answer {
    let read = move |engine: &Engine| engine.handovers(permit.actor(), &query.0);
    Ok(answer::ok(&state.read(read).await?))
}

/// Hands customers and open tasks over to somebody else, all or a selection; what is open in their journals goes with them.
#[utoipa::path(
    tag = "tasks", params(IdempotencyKey), request_body = NewHandover, responses((status = 201, body = Handover))
)]
#[post("/handovers")]
async fn hand_over(permit: Permit<action::TaskManage>, write: Write<NewHandover>, state: web::Data<State>) -> Answer {
    let made = state.engine.hand_over(permit.actor(), Some(write.key), write.body);
    Ok(answer::written(made.await?, |_| 1, |handover| handover))
}

/// Gives back what was handed over and nobody has moved since.
#[utoipa::path(
    tag = "tasks", params(("id" = Uuid, Path), IdempotencyKey), request_body = UndoHandover,
    responses((status = 200, body = Handover))
)]
#[post("/handovers/{id}/undo")]
async fn undo_handover(
    permit: Permit<action::TaskManage>,
    id: Id<HandoverId>,
    write: Write<UndoHandover>,
    state: web::Data<State>,
) -> Answer {
    let undone = state.engine.undo_handover(permit.actor(), Some(write.key), id.0);
    Ok(answer::written(undone.await?, |_| 1, |handover| handover))
}

/// A new secret address of one's calendar; the one before is withdrawn. It is shown this once.
#[utoipa::path(
    tag = "tasks", params(IdempotencyKey), request_body = NewCalendar, responses((status = 201, body = CalendarAddress))
)]
#[post("/me/calendar")]
async fn open_calendar(permit: Permit<action::TaskRead>, write: Write<NewCalendar>, state: web::Data<State>) -> Answer {
    let NewCalendar {} = write.body;
    // Told once: nothing is kept that could answer a repeat, which makes another address.
    let address = state.engine.open_calendar(permit.actor(), None).await?;
    Ok(HttpResponse::Created().json(address))
}

/// Withdraws the address of one's calendar.
#[utoipa::path(
    tag = "tasks", params(IdempotencyKey), request_body = NewCalendar, responses((status = 204, description = "Done"))
)]
#[post("/me/calendar/withdraw")]
async fn close_calendar(
    permit: Permit<action::TaskRead>,
    write: Write<NewCalendar>,
    state: web::Data<State>,
) -> Answer {
    state.engine.close_calendar(permit.actor(), Some(write.key)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// A calendar of tasks and birthdays (RFC 5545), by its secret address.
#[utoipa::path(
    tag = "tasks", params(("id" = String, Path)),
    responses((status = 200, body = String, content_type = "text/calendar"))
)]
#[get("/calendar/{id}")]
async fn read_calendar(id: Id<String>, state: web::Data<State>) -> Answer {
    let parts = id.0.strip_suffix(".ics").and_then(|name| name.split_once('.'));
    let parts = parts.and_then(|(chain, token)| Some((chain.parse::<ChainId>().ok()?, token.to_owned())));
    let (chain, token) = parts.ok_or_else(Problem::no_such_resource)?;
    let text = state.read(move |engine| engine.calendar(chain, &token)).await?;
    Ok(HttpResponse::Ok()
        .content_type("text/calendar; charset=utf-8")
        .insert_header(("cache-control", "private, no-store"))
        .body(text))
}
