//! Log-in, tokens, and who one is.

use crate::http::{Answer, Body, Language, Session, answer, source_ip};
use crate::state::State;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use cardea_engine::identity::{ChangePassword, Login, Me, Refresh, Tokens};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(log_in)
        .service(refresh_tokens)
        .service(log_out)
        .service(change_password)
        .service(who_am_i);
}

/// Logs in to a chain. Every reason for a failure gets the same answer; too many attempts are throttled.
#[utoipa::path(tag = "auth", request_body = Login, responses((status = 200, body = Tokens)))]
#[post("/auth/login")]
async fn log_in(request: HttpRequest, body: Body<Login>, state: web::Data<State>) -> Answer {
    let tokens = state.engine.login(body.0, source_ip(&request)).await?;
    Ok(answer::ok(&tokens))
}

/// Exchanges a refresh token for new tokens. A token that is used twice ends the session.
#[utoipa::path(tag = "auth", request_body = Refresh, responses((status = 200, body = Tokens)))]
#[post("/auth/refresh")]
async fn refresh_tokens(request: HttpRequest, body: Body<Refresh>, state: web::Data<State>) -> Answer {
    let tokens = state.engine.refresh(&body.0.refresh_token, source_ip(&request)).await?;
    Ok(answer::ok(&tokens))
}

/// Ends the session.
#[utoipa::path(tag = "auth", responses((status = 204, description = "Logged out")))]
#[post("/auth/logout")]
async fn log_out(session: Session, state: web::Data<State>) -> Answer {
    state.engine.logout(&session.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Changes one's own password; other sessions of the account end.
#[utoipa::path(tag = "auth", request_body = ChangePassword, responses((status = 204, description = "Changed")))]
#[post("/auth/password")]
async fn change_password(session: Session, body: Body<ChangePassword>, state: web::Data<State>) -> Answer {
    state.engine.change_password(&session.0, body.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Who is logged in, and what they may do.
#[utoipa::path(tag = "auth", responses((status = 200, body = Me)))]
#[get("/me")]
async fn who_am_i(session: Session, language: Language, state: web::Data<State>) -> Answer {
    Ok(answer::ok(&state.engine.me(&session.0, language.tag())?))
}
