//! Letters read back by an independent parser, delivered to a real mail server and to scripted ones; requests to scripted HTTP servers.

#[path = "messages/exim.rs"]
mod exim;
#[path = "messages/gateway.rs"]
mod gateway;
#[path = "messages/http_server.rs"]
mod http_server;
#[path = "messages/letters.rs"]
mod letters;
#[path = "messages/peers.rs"]
mod peers;
#[path = "messages/real_mail.rs"]
mod real_mail;
#[path = "messages/requests.rs"]
mod requests;
#[path = "messages/scripted_mail.rs"]
mod scripted_mail;
#[path = "messages/smtp_server.rs"]
mod smtp_server;
#[path = "messages/tls.rs"]
mod tls;
