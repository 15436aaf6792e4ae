//! Unsubscribing by the link of a mail: a page with one button, and the one click of mail programs (RFC 8058). Outside `/api/v1`: the
//! link is the only log-in.

use crate::http::{Answer, Problem, Query};
use crate::state::State;
use actix_web::{HttpResponse, get, post, web};
use cardea_domain::message::Purpose;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config.service(show_unsubscribe).service(unsubscribe);
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Link {
    /// From the mail.
    t: String,
}

fn page(title: [&str; 2], button: bool) -> HttpResponse {
    let [zh, en] = title;
    let form = if button {
        "<form method=\"post\"><button>退订 · Unsubscribe</button></form>"
    } else {
        ""
    };
    let body = format!(
        "<!doctype html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{zh} · {en}</title></head>\
         <body><h1>{zh}</h1><p lang=\"en\">{en}</p>{form}</body></html>"
    );
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header(("cache-control", "private, no-store"))
        .body(body)
}

/// A page that asks whether to unsubscribe; opening it changes nothing, as mail scanners open links.
#[utoipa::path(tag = "messages", params(Link), responses((status = 200, body = String, content_type = "text/html")))]
#[get("/unsubscribe")]
async fn show_unsubscribe(link: Query<Link>, state: web::Data<State>) -> Answer {
    let (_, _, purpose) = state.engine.unsubscribe_link(&link.0.t)?;
    let title = match purpose {
        Purpose::Marketing => ["不再接收优惠与祝福消息？", "No more offers and greetings?"],
        _ => ["不再接收到期提醒？", "No more reminders of what expires?"],
    };
    Ok(page(title, true))
}

/// Unsubscribes. What a mail program sends along is of no matter.
#[utoipa::path(tag = "messages", params(Link), responses((status = 200, body = String, content_type = "text/html")))]
#[post("/unsubscribe")]
async fn unsubscribe(link: Query<Link>, state: web::Data<State>) -> Result<HttpResponse, Problem> {
    state.engine.unsubscribe(&link.0.t).await?;
    Ok(page(["已退订", "You are unsubscribed"], false))
}
