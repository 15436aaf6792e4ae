//! Sales and their returns.

use super::shown;
use crate::http::{Answer, Body, Id, IdempotencyKey, Language, Page, Permit, Problem, Query, Write, action, answer};
use crate::state::State;
use actix_web::{get, post, web};
use cardea_domain::id::{BillId, CustomerId};
use cardea_domain::sale::EntryView;
use cardea_engine::Actor;
use cardea_engine::command::{Command, NewReturn, NewSale, Return, ReturnView, SaleView};
use cardea_engine::page::PageArgs;
use cardea_engine::query::{BillFilter, BillView, BookedSale, CustomerShown, SaleQuery, SaleShown};
use cardea_engine::store::Answered;
use utoipa_actix_web::service_config::ServiceConfig;

type Sale = BookedSale<CustomerShown>;
type ReturnAnswer = ReturnView<Vec<EntryView>>;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(quote_sale)
        .service(post_sale)
        .service(find_sales)
        .service(read_sale);
    config.service(quote_return).service(post_return);
}

/// What a sale would bring; nothing is booked.
#[utoipa::path(tag = "sales", request_body = NewSale, responses((status = 200, body = SaleShown)))]
#[post("/sales/quote")]
async fn quote_sale(
    permit: Permit<action::SalePost>,
    body: Body<NewSale>,
    language: Language,
    state: web::Data<State>,
) -> Answer {
    let actor = permit.at(body.0.store_id)?;
    let answered = state.engine.quote(actor, &body.0.command()?)?;
    answer_sale(&state, actor, &answered, language)
}

/// Books a sale. The same bill again, under whatever key, gets the first answer with 200; another bill under the same
/// receipt is refused `receipt_conflict`.
#[utoipa::path(
    tag = "sales", params(IdempotencyKey), request_body = NewSale,
    responses((status = 201, body = SaleShown), (status = 200, body = SaleShown, description = "Known already"))
)]
#[post("/sales")]
async fn post_sale(
    permit: Permit<action::SalePost>,
    write: Write<NewSale>,
    language: Language,
    state: web::Data<State>,
) -> Answer {
    let actor = permit.at(write.body.store_id)?;
    let answered = state
        .engine
        .execute(actor, Some(write.key), &write.body.command()?)
        .await?;
    answer_sale(&state, actor, &answered, language)
}

/// Sales of a store by what is printed on the receipt, newest first.
#[utoipa::path(tag = "sales", params(SaleQuery), responses((status = 200, body = Page<Sale>)))]
#[get("/sales")]
async fn find_sales(
    permit: Permit<action::SaleRead>,
    query: Query<SaleQuery>,
    language: Language,
    state: web::Data<State>,
) -> Answer {
    let SaleQuery {
        store_id,
        till,
        receipt,
        business_date,
        staff_id,
        limit,
        after,
    } = query.0;
    let filter = BillFilter {
        store: store_id,
        till,
        receipt,
        business_date,
        staff: staff_id,
    };
    let actor = permit.at(store_id)?.clone();
    let page = PageArgs { limit, after };
    let found = state.read(move |engine| engine.sales(&actor, &filter, &page)).await?;
    let items = show(&state, permit.actor(), found.items, language)?;
    Ok(answer::ok(&Page {
        items,
        next: found.next,
    }))
}

/// One sale: its lines, what of them came back, and the answer it got.
#[utoipa::path(tag = "sales", params(("id" = Uuid, Path)), responses((status = 200, body = Sale)))]
#[get("/sales/{id}")]
async fn read_sale(
    permit: Permit<action::SaleRead>,
    id: Id<BillId>,
    language: Language,
    state: web::Data<State>,
) -> Answer {
    let bill = state.engine.bill(permit.actor(), id.0)?;
    let sales = show(&state, permit.actor(), vec![bill], language)?;
    sales.first().map(answer::ok).ok_or_else(Problem::no_such_resource)
}

/// What a return would give and take back; nothing is booked.
#[utoipa::path(
    tag = "returns", params(("id" = Uuid, Path)), request_body = NewReturn,
    responses((status = 200, body = ReturnAnswer))
)]
#[post("/sales/{id}/returns/quote")]
async fn quote_return(
    permit: Permit<action::ReturnPost>,
    id: Id<BillId>,
    body: Body<NewReturn>,
    state: web::Data<State>,
) -> Answer {
    let actor = permit.at(body.0.store_id)?;
    let answered = state.engine.quote(actor, &give_back(id.0, body.0))?;
    answer::answered(&answered, Ok::<ReturnAnswer, _>)
}

/// Books a return from a sale.
#[utoipa::path(
    tag = "returns", params(("id" = Uuid, Path), IdempotencyKey), request_body = NewReturn,
    responses((status = 201, body = ReturnAnswer), (status = 200, body = ReturnAnswer, description = "Known already"))
)]
#[post("/sales/{id}/returns")]
async fn post_return(
    permit: Permit<action::ReturnPost>,
    id: Id<BillId>,
    write: Write<NewReturn>,
    state: web::Data<State>,
) -> Answer {
    let actor = permit.at(write.body.store_id)?;
    let answered = state
        .engine
        .execute(actor, Some(write.key), &give_back(id.0, write.body))
        .await?;
    answer::answered(&answered, Ok::<ReturnAnswer, _>)
}

fn give_back(sale: BillId, goods: NewReturn) -> Command {
    Command::Return(Return {
        sale,
        goods,
        trusted: false,
    })
}

/// The answer to a sale, with the member's name.
fn answer_sale(state: &State, actor: &Actor, answered: &Answered, language: Language) -> Answer {
    answer::answered(answered, |sale| told_sale(state, actor, sale, language))
}

/// A sale's answer with the member's name.
pub(super) fn told_sale(
    state: &State,
    actor: &Actor,
    sale: SaleView<Vec<EntryView>, CustomerId>,
    language: Language,
) -> Result<SaleShown, Problem> {
    let named: Vec<_> = sale.customer().copied().into_iter().collect();
    let customers = state.customers(actor, &named)?;
    Ok(sale.told(|id| shown::buyer(&customers, id, language)))
}

/// Bills as booked, with their members' names.
fn show(state: &State, actor: &Actor, bills: Vec<BillView>, language: Language) -> Result<Vec<Sale>, Problem> {
    let sales = bills.into_iter().map(BillView::sale).collect::<Result<Vec<_>, _>>()?;
    let named: Vec<_> = sales
        .iter()
        .filter_map(|sale| sale.answer.customer().copied())
        .collect();
    let customers = state.customers(actor, &named)?;
    let sales = sales.into_iter();
    Ok(sales
        .map(|sale| sale.told(|id| shown::buyer(&customers, id, language)))
        .collect())
}
