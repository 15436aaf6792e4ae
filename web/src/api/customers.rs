//! The customer archive.

use crate::http::{Answer, Id, IdempotencyKey, IfMatch, Language, Page, Permit, Query, Write, action, answer};
use crate::state::State;
use actix_web::{get, patch, post, web};
use cardea_domain::Day;
use cardea_domain::Instant;
use cardea_domain::id::{CustomerId, StaffId, StoreId};
use cardea_domain::identifier::DocumentKind;
use cardea_domain::lunar::BirthdayCalendar;
use cardea_engine::Engine;
use cardea_engine::archive::{self, Consent, CustomerChange, CustomerQuery, FormOfAddress, NewCustomer};
use cardea_engine::archive::{ClassRulesChange, ClassRulesView, CustomerClasses, NewClass};
use cardea_engine::archive::{LunarDayQuery, LunarDayView};
use cardea_engine::fields::{FieldVersion, NewFieldVersion};
use cardea_engine::job::classes::{ClassesComputed, ComputeClasses};
use cardea_engine::page::PageArgs;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_customers)
        .service(create_customer)
        .service(read_customer)
        .service(update_customer)
        .service(read_lunar_day)
        .service(list_customer_fields)
        .service(publish_customer_fields);
    config
        .service(read_customer_classes)
        .service(classify_customer)
        .service(read_class_rules)
        .service(update_class_rules)
        .service(compute_classes);
}

#[derive(Serialize, ToSchema)]
pub struct Customer {
    #[schema(value_type = Uuid)]
    pub id: CustomerId,
    pub name: String,
    pub form_of_address: FormOfAddress,
    /// Surname and form of address, in the language of `Accept-Language`.
    #[schema(example = "王女士")]
    pub display: String,
    /// Masked.
    #[schema(example = json!(["138****5678"]))]
    pub phones: Vec<String>,
    /// Month and day only.
    #[schema(example = "****-05-01")]
    pub birthday: Option<String>,
    pub birthday_calendar: BirthdayCalendar,
    /// Month and day by the lunar calendar, of a birthday that is kept by it.
    #[schema(example = "八月十五")]
    pub birthday_lunar: Option<String>,
    /// When it is kept next, today included; not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub next_birthday: Option<Day>,
    /// Masked.
    #[schema(example = "1****************X")]
    pub identity_number: Option<String>,
    pub identity_kind: Option<DocumentKind>,
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    #[schema(value_type = Option<Uuid>)]
    pub consultant_id: Option<StaffId>,
    #[schema(value_type = Option<Uuid>)]
    pub introducer_customer_id: Option<CustomerId>,
    pub consent: Consent,
    /// When consent was last given or changed.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub consent_at: Option<Instant>,
    pub external_ref: Option<String>,
    /// What else is known, contact data masked; not in lists, and only for who may see it (`customer.card`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card: Option<archive::Card>,
    /// All personal data were erased; what is left stands here for the ledger.
    pub erased: bool,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Instant,
    /// Rises with every change; the ETag.
    pub version: i64,
    /// Who this customer is now, if they were merged into another; then nothing personal is shown here.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    pub merged_into: Option<CustomerId>,
}

impl Customer {
    pub fn new(view: archive::CustomerView, language: Language) -> Self {
        Self {
            id: view.id,
            name: if view.erased {
                language.pick(&view.display).into()
            } else {
                view.name
            },
            form_of_address: view.form_of_address,
            display: language.pick(&view.display).into(),
            phones: view.phones,
            birthday: view.birthday,
            birthday_calendar: view.birthday_calendar,
            birthday_lunar: view.birthday_lunar,
            next_birthday: view.next_birthday,
            identity_number: view.identity_number,
            identity_kind: view.identity_kind,
            store_id: view.store_id,
            consultant_id: view.consultant_id,
            introducer_customer_id: view.introducer_customer_id,
            consent: view.consent,
            consent_at: view.consent_at,
            external_ref: view.external_ref,
            card: view.card,
            erased: view.erased,
            created_at: view.created_at,
            version: view.version,
            merged_into: view.merged_into,
        }
    }
}

/// Customers by name, phone or last four digits, of a consultant, of a class, newest first, masked. A whole phone number finds a customer of any
/// store, everything else stays within one's own.
#[utoipa::path(tag = "customers", params(CustomerQuery), responses((status = 200, body = Page<Customer>)))]
#[get("/customers")]
async fn list_customers(
    permit: Permit<action::CustomerLookup>,
    query: Query<CustomerQuery>,
    language: Language,
    state: web::Data<State>,
) -> Answer {
    let list = move |engine: &Engine| engine.customers(permit.actor(), &query.0);
    let found = state.read(list).await?;
    Ok(answer::page(found, |view| Customer::new(view, language)))
}

/// Registers a customer. One whose phone is known is refused `possible_duplicate` unless `acknowledge_duplicate` is set.
#[utoipa::path(
    tag = "customers", params(IdempotencyKey), request_body = NewCustomer, responses((status = 201, body = Customer))
)]
#[post("/customers")]
async fn create_customer(
    permit: Permit<action::CustomerCreate>,
    write: Write<NewCustomer>,
    language: Language,
    state: web::Data<State>,
) -> Answer {
    let actor = permit.at(write.body.store_id)?;
    let customer = state.engine.create_customer(actor, Some(write.key), write.body).await?;
    Ok(answer::written(
        customer,
        |view| view.version,
        |view| Customer::new(view, language),
    ))
}

/// One customer, masked.
#[utoipa::path(tag = "customers", params(("id" = Uuid, Path)), responses((status = 200, body = Customer)))]
#[get("/customers/{id}")]
async fn read_customer(
    permit: Permit<action::CustomerLookup>,
    id: Id<CustomerId>,
    language: Language,
    state: web::Data<State>,
) -> Answer {
    let view = state.engine.customer(permit.actor(), id.0)?;
    Ok(answer::tagged(view.version, &Customer::new(view, language)))
}

/// Changes a customer.
#[utoipa::path(
    tag = "customers", params(("id" = Uuid, Path), IdempotencyKey, IfMatch), request_body = CustomerChange,
    responses((status = 200, body = Customer))
)]
#[patch("/customers/{id}")]
async fn update_customer(
    permit: Permit<action::CustomerUpdate>,
    id: Id<CustomerId>,
    version: IfMatch,
    write: Write<CustomerChange>,
    language: Language,
    state: web::Data<State>,
) -> Answer {
    let actor = permit.actor();
    let customer = state
        .engine
        .update_customer(actor, Some(write.key), id.0, version.0, write.body)
        .await?;
    Ok(answer::written(
        customer,
        |view| view.version,
        |view| Customer::new(view, language),
    ))
}

/// A day by the solar and the lunar calendar: of `day`, or of `lunar` as somebody has typed it.
#[utoipa::path(tag = "customers", params(LunarDayQuery), responses((status = 200, body = LunarDayView)))]
#[get("/lunar-days")]
async fn read_lunar_day(_permit: Permit<action::CustomerLookup>, query: Query<LunarDayQuery>) -> Answer {
    Ok(answer::ok(&archive::lunar_day(&query.0)?))
}

/// Versions of the chain's own fields on customers' cards, newest first: the first is what is asked for now.
#[utoipa::path(tag = "customers", params(PageArgs), responses((status = 200, body = Page<FieldVersion>)))]
#[get("/customer-fields")]
async fn list_customer_fields(
    permit: Permit<action::CustomerLookup>,
    page: Query<PageArgs>,
    state: web::Data<State>,
) -> Answer {
    let found = state
        .read(move |engine| engine.customer_fields(permit.actor(), &page.0))
        .await?;
    Ok(answer::ok(&found))
}

/// Publishes the next version of the chain's own fields.
#[utoipa::path(
    tag = "customers", params(IdempotencyKey), request_body = NewFieldVersion,
    responses((status = 201, body = FieldVersion))
)]
#[post("/customer-fields")]
async fn publish_customer_fields(
    permit: Permit<action::ConfigurationWrite>,
    write: Write<NewFieldVersion>,
    state: web::Data<State>,
) -> Answer {
    let actor = permit.in_chain()?;
    let published = state
        .engine
        .publish_customer_fields(actor, Some(write.key), write.body)
        .await?;
    let version = |field_version: &FieldVersion| field_version.version.into();
    Ok(answer::written(published, version, |published| published))
}

/// A customer's classes: computed ones with the rule and figures behind them, manual ones with who and when.
#[utoipa::path(tag = "customers", params(("id" = Uuid, Path)), responses((status = 200, body = CustomerClasses)))]
#[get("/customers/{id}/classes")]
async fn read_customer_classes(
    permit: Permit<action::CustomerCard>,
    id: Id<CustomerId>,
    state: web::Data<State>,
) -> Answer {
    Ok(answer::ok(&state.engine.customer_classes(permit.actor(), id.0)?))
}

/// Sets a customer's class by hand, or takes it back.
#[utoipa::path(
    tag = "customers", params(("id" = Uuid, Path), IdempotencyKey), request_body = NewClass,
    responses((status = 200, body = CustomerClasses))
)]
#[post("/customers/{id}/classes")]
async fn classify_customer(
    permit: Permit<action::CustomerUpdate>,
    id: Id<CustomerId>,
    write: Write<NewClass>,
    state: web::Data<State>,
) -> Answer {
    let classified = state
        .engine
        .classify_customer(permit.actor(), Some(write.key), id.0, write.body);
    Ok(answer::ok(&classified.await?.value))
}

/// The rules of computed classes.
#[utoipa::path(tag = "customers", responses((status = 200, body = ClassRulesView)))]
#[get("/customer-class-rules")]
async fn read_class_rules(permit: Permit<action::CustomerLookup>, state: web::Data<State>) -> Answer {
    let rules = state.engine.class_rules(permit.actor())?;
    Ok(answer::tagged(rules.version, &rules))
}

/// Replaces the rules of computed classes; they hold from the next computation on.
#[utoipa::path(
    tag = "customers", params(IdempotencyKey, IfMatch), request_body = ClassRulesChange,
    responses((status = 200, body = ClassRulesView))
)]
#[patch("/customer-class-rules")]
async fn update_class_rules(
    permit: Permit<action::ConfigurationWrite>,
    version: IfMatch,
    write: Write<ClassRulesChange>,
    state: web::Data<State>,
) -> Answer {
    let actor = permit.in_chain()?;
    let changed = state
        .engine
        .update_class_rules(actor, Some(write.key), version.0, write.body);
    Ok(answer::written(changed.await?, |rules| rules.version, |rules| rules))
}

/// Computes classes now; they are computed every day anyway. Done twice, it comes to the same.
#[utoipa::path(
    tag = "customers", params(IdempotencyKey), request_body = ComputeClasses,
    responses((status = 200, body = ClassesComputed))
)]
#[post("/customer-class-rules/compute")]
async fn compute_classes(
    permit: Permit<action::JobRun>,
    _write: Write<ComputeClasses>,
    state: web::Data<State>,
) -> Answer {
    Ok(answer::ok(&state.engine.compute_classes(permit.in_chain()?).await?))
}
