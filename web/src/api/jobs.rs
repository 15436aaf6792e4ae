//! What runs by itself, and when it ran last.

use super::resource::prelude::*;
use crate::http::Problem;
use actix_web::HttpResponse;
use cardea_engine::Actor;
use cardea_engine::job::{JobRun, JobRunQuery, JobView, RunApproval, RunJob};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_jobs)
        .service(list_job_runs)
        .service(run_job)
        .service(approve_job_run);
}

/// The jobs with their last runs, in the order in which they are done.
#[utoipa::path(tag = "jobs", responses((status = 200, body = Page<JobView>)))]
#[get("/jobs")]
async fn list_jobs(permit: Permit<action::JobRun>, state: web::Data<State>) -> Answer {
    let read = move |engine: &Engine| engine.jobs(permit.actor());
    Ok(answer::ok(&state.read(read).await?))
}

/// A job's runs, the last business date first: one item for each date and time zone, about the last run on it.
#[utoipa::path(
    tag = "jobs", params(("id" = String, Path), JobRunQuery), responses((status = 200, body = Page<JobRun>))
)]
#[get("/jobs/{id}/runs")]
async fn list_job_runs(
    permit: Permit<action::JobRun>,
    name: Id<String>,
    query: Query<JobRunQuery>,
    state: web::Data<State>,
) -> Answer {
    let read = move |engine: &Engine| engine.job_runs(permit.actor(), &name.0, &query.0);
    Ok(answer::ok(&state.read(read).await?))
}

/// Gives a job its turn now, done or not. It is begun when this is answered; how it ends is told by its runs.
#[utoipa::path(
    tag = "jobs", params(("id" = String, Path), IdempotencyKey), request_body = RunJob,
    responses((status = 202, body = Page<JobView>, description = "Begun"))
)]
#[post("/jobs/{id}/run")]
async fn run_job(
    permit: Permit<action::JobRun>,
    id: Id<String>,
    write: Write<RunJob>,
    state: web::Data<State>,
) -> Answer {
    // Jobs are harmless when they run twice: nothing is kept of the key.
    let RunJob {} = write.body;
    let (actor, name) = (permit.actor().clone(), id.0);
    state.engine.job_runs(&actor, &name, &JobRunQuery::default())?;
    begin(&state, actor, name)
}

/// Agrees to what a held run waits to take: points that expire, or tiers that are reviewed, more than 5 % of all in one day
/// (D-LED-7). Up to 10 000 points or 20 tiers in a day never wait, whatever their share. The job then has its turn, and takes
/// no more than that; it is begun when this is answered.
#[utoipa::path(
    tag = "jobs", params(("id" = String, Path), IdempotencyKey), request_body = RunApproval,
    responses((status = 202, body = Page<JobView>, description = "Begun"))
)]
#[post("/jobs/{id}/approve")]
async fn approve_job_run(
    permit: Permit<action::JobRun>,
    id: Id<String>,
    write: Write<RunApproval>,
    state: web::Data<State>,
) -> Answer {
    let (actor, name) = (permit.actor().clone(), id.0);
    state
        .engine
        .approve_run(&actor, Some(write.key), &name, write.body)
        .await?;
    begin(&state, actor, name)
}

/// Gives a job its turn on a thread of its own.
fn begin(state: &State, actor: Actor, name: String) -> Answer {
    let jobs = state.engine.jobs(&actor)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|e| Problem::internal(&e))?;
    let engine = state.engine.clone();
    let thread = std::thread::Builder::new().name("job".into());
    let begun = thread.spawn(move || {
        if let Err(refusal) = runtime.block_on(engine.run_job(&actor, &name)) {
            let code = refusal.code.as_str();
            tracing::warn!(
                job = name.as_str(),
                code,
                "a job that was asked for failed: {}",
                refusal.detail.en
            );
        }
    });
    begun.map_err(|e| Problem::internal(&e))?;
    Ok(HttpResponse::Accepted().json(jobs))
}
