use super::*;
use crate::actor::{Actor, Role};
use crate::each;
use crate::fixture::*;
use crate::fixture::{Backend, both};
use crate::identity::StoreScope;
use crate::page::PageArgs;
use crate::store::Id;
use crate::store::schema::customers;
use cardea_domain::Code;
use diesel::prelude::*;

both!(
    audit_and_stored_answers_hold_no_personal_data,
    a_repeated_request_creates_one_customer,
    customers_are_found_by_what_people_say,
    lists_are_paged_newest_first,
    staff_of_a_store_browse_their_own_and_look_up_anybody,
    a_change_replaces_what_it_names_and_nothing_else,
    wrong_fields_are_named,
    another_chain_sees_nothing,
    a_contact_moved_to_another_row_does_not_open,
    commands_learn_which_fields_are_filled_not_what_they_hold,
);

const PHONE: &str = "13812345678";

fn page() -> PageArgs {
    PageArgs::default()
}

fn names(found: crate::Page<CustomerView>) -> Vec<String> {
    found.items.into_iter().map(|customer| customer.name).collect()
}

#[tokio::test]
async fn a_customer_is_shown_masked_and_stored_sealed() {
    let f = Fixture::new().await;
    let mut new = f.customer("王芳", PHONE);
    new.identity_number = Some("11010519491231002x".into());
    new.consent = Consent {
        marketing: false,
        privacy: true,
    };
    new.external_ref = Some("crm-7".into());
    let written = f.engine.create_customer(&f.admin, None, new).await.unwrap();
    assert_eq!(written.status, 201);
    let view = f.engine.customer(&f.admin, written.value.id).unwrap();
    assert_eq!(view, written.value);
    assert_eq!(view.phones, ["138****5678"]);
    assert_eq!(view.birthday.as_deref(), Some("****-05-01"));
    assert_eq!(view.identity_number.as_deref(), Some("1****************X"));
    assert_eq!(
        (view.display.zh.as_str(), view.display.en.as_str()),
        ("王女士", "Ms Wang")
    );
    assert_eq!((view.version, view.consent_at), (1, Some(NOW)));

    let files = f.files();
    let holds = |needle: &str| files.windows(needle.len()).any(|w| w == needle.as_bytes());
    for secret in [PHONE, "+86138", "1990-05-01", "11010519491231002", "05-01"] {
        assert!(!holds(secret), "{secret} stands in clear in the database");
    }
    assert!(holds("王芳"), "the search above does find text");
}

async fn audit_and_stored_answers_hold_no_personal_data(on: Backend) {
    let f = Fixture::on(on).await;
    let new = f.customer("王芳", PHONE);
    f.engine.create_customer(&f.admin, key("k1", 1), new).await.unwrap();
    let told: Vec<String> = f
        .engine
        .read(f.chain, |conn| {
            use crate::store::schema::{audit, idempotency, outbox};
            let mut told = each!(conn, c => audit::table.select(audit::detail).load::<String>(c)?);
            let answers = each!(conn, c => idempotency::table.select(idempotency::answer).load::<Option<String>>(c)?);
            told.extend(answers.into_iter().flatten());
            told.extend(each!(conn, c => outbox::table.select(outbox::payload).load::<String>(c)?));
            Ok(told)
        })
        .unwrap();
    assert!(
        told.iter().any(|text| text.contains("\"contact\"")),
        "the sealed contact is in the audit log"
    );
    for text in told {
        assert!(
            !text.contains("王芳") && !text.contains("芳") && !text.contains("5678"),
            "{text}"
        );
    }
}

async fn a_repeated_request_creates_one_customer(on: Backend) {
    let f = Fixture::on(on).await;
    let first = f
        .engine
        .create_customer(&f.admin, key("k1", 1), f.customer("王芳", PHONE))
        .await
        .unwrap();
    let again = f
        .engine
        .create_customer(&f.admin, key("k1", 1), f.customer("王芳", PHONE))
        .await
        .unwrap();
    assert_eq!(first.value, again.value);
    assert!(!first.replayed && again.replayed);
    assert_eq!(
        f.engine.customers(&f.admin, &asked(None, &page())).unwrap().items.len(),
        1
    );
    let other = f
        .engine
        .create_customer(&f.admin, key("k1", 2), f.customer("李雷", PHONE))
        .await;
    assert_eq!(code(other), Code::IdempotencyKeyReused);
}

async fn customers_are_found_by_what_people_say(on: Backend) {
    let f = Fixture::on(on).await;
    for (name, phone) in [
        ("王芳", PHONE),
        ("王小芳", "13900005678"),
        ("李小雷", "13900001111"),
        ("Emma Smith", "+442079460958"),
    ] {
        f.engine
            .create_customer(&f.admin, None, f.customer(name, phone))
            .await
            .unwrap();
    }
    for (query, found) in [
        (PHONE, vec!["王芳"]),
        ("+86 138-1234-5678", vec!["王芳"]),
        ("5678", vec!["王小芳", "王芳"]),
        ("1111", vec!["李小雷"]),
        ("王芳", vec!["王芳"]),
        ("小芳", vec!["王小芳"]),
        ("王", vec!["王小芳", "王芳"]),
        ("芳", vec![]),
        ("emma", vec!["Emma Smith"]),
        ("MA SMI", vec!["Emma Smith"]),
        ("smith emma", vec![]),
        ("+44 20 7946 0958", vec!["Emma Smith"]),
        ("13812345679", vec![]),
        ("9999", vec![]),
        ("", vec!["Emma Smith", "李小雷", "王小芳", "王芳"]),
    ] {
        assert_eq!(
            names(f.engine.customers(&f.admin, &asked(Some(query), &page())).unwrap()),
            found,
            "{query:?}"
        );
    }
}

fn asked(query: Option<&str>, page: &PageArgs) -> CustomerQuery {
    CustomerQuery {
        query: query.map(Into::into),
        limit: page.limit,
        after: page.after.clone(),
        ..CustomerQuery::default()
    }
}

async fn lists_are_paged_newest_first(on: Backend) {
    let f = Fixture::on(on).await;
    for n in 0..5 {
        f.engine
            .create_customer(&f.admin, None, f.customer(&format!("王{n}"), PHONE))
            .await
            .unwrap();
    }
    for query in [None, Some("王"), Some("5678"), Some(PHONE)] {
        let mut args = PageArgs {
            limit: Some(2),
            after: None,
        };
        let mut all = Vec::new();
        for _ in 0..3 {
            let part = f.engine.customers(&f.admin, &asked(query, &args)).unwrap();
            args.after = part.next.clone();
            all.extend(names(part));
        }
        assert_eq!(all, ["王4", "王3", "王2", "王1", "王0"], "{query:?}");
        assert_eq!(args.after, None);
    }
}

async fn staff_of_a_store_browse_their_own_and_look_up_anybody(on: Backend) {
    let f = Fixture::on(on).await;
    let elsewhere = create_store(&f.engine, &f.admin, "s02").await;
    let id = f
        .engine
        .create_customer(&f.admin, None, f.customer("王芳", PHONE))
        .await
        .unwrap()
        .value
        .id;
    let cashier = f.actor(Role::Cashier, &[elsewhere]);
    for query in [None, Some("王芳"), Some("5678")] {
        assert!(
            f.engine
                .customers(&cashier, &asked(query, &page()))
                .unwrap()
                .items
                .is_empty(),
            "{query:?}"
        );
    }
    assert_eq!(
        names(f.engine.customers(&cashier, &asked(Some(PHONE), &page())).unwrap()),
        ["王芳"]
    );
    assert_eq!(f.engine.customer(&cashier, id).unwrap().phones, ["138****5678"]);
    assert_eq!(
        code(
            f.engine
                .create_customer(&cashier, None, f.customer("李雷", PHONE))
                .await
        ),
        Code::Forbidden
    );
    let patch = CustomerChange {
        name: Some("李雷".into()),
        ..Default::default()
    };
    let clerk = f.actor(Role::Clerk, &[elsewhere]);
    assert_eq!(
        code(f.engine.update_customer(&clerk, None, id, 1, patch).await),
        Code::Forbidden
    );
    let vendor = f.actor(Role::Vendor, &[]);
    assert_eq!(
        code(f.engine.customers(&vendor, &asked(Some(PHONE), &page()))),
        Code::Forbidden
    );
    assert_eq!(code(f.engine.customer(&vendor, id)), Code::Forbidden);
}

async fn a_change_replaces_what_it_names_and_nothing_else(on: Backend) {
    let f = Fixture::on(on).await;
    let id = f
        .engine
        .create_customer(&f.admin, None, f.customer("王芳", PHONE))
        .await
        .unwrap()
        .value
        .id;
    let patch = CustomerChange {
        name: Some("王小芳".into()),
        phones: Some(vec!["13900001111".into(), "139 0000 1111".into()]),
        birthday: Some(None),
        consent: Some(Consent {
            marketing: true,
            privacy: true,
        }),
        ..Default::default()
    };
    let written = f
        .engine
        .update_customer(&f.admin, None, id, 1, patch.clone())
        .await
        .unwrap();
    let view = written.value;
    assert_eq!(
        (view.version, view.phones.as_slice()),
        (2, ["139****1111".to_owned()].as_slice())
    );
    assert_eq!((view.birthday, view.form_of_address), (None, FormOfAddress::Ms));
    assert_eq!(view.consent_at, Some(NOW));
    for (query, count) in [("5678", 0), (PHONE, 0), ("王芳", 0), ("1111", 1), ("小芳", 1)] {
        assert_eq!(
            f.engine
                .customers(&f.admin, &asked(Some(query), &page()))
                .unwrap()
                .items
                .len(),
            count,
            "{query}"
        );
    }
    assert_eq!(
        code(f.engine.update_customer(&f.admin, None, id, 1, patch).await),
        Code::VersionConflict
    );
}

async fn wrong_fields_are_named(on: Backend) {
    let f = Fixture::on(on).await;
    let other_chain = create_chain(&f.engine, "other").await;
    let foreign = create_store(&f.engine, &Actor::system(other_chain), "x01").await;
    let good = f.customer("王芳", PHONE);
    let with = |change: &dyn Fn(&mut NewCustomer)| {
        let mut new = good.clone();
        change(&mut new);
        new
    };
    let nobody = Some(uuid::Uuid::nil());
    let cases = [
        (with(&|c| c.phones = vec![PHONE.into(), "1.38E+10".into()]), "/phones/1"),
        (with(&|c| c.phones = vec![PHONE.into(); 6]), "/phones"),
        (with(&|c| c.name = " ".into()), "/name"),
        (with(&|c| c.birthday = "2026-12-01".parse().ok()), "/birthday"),
        (with(&|c| c.birthday = "1899-12-31".parse().ok()), "/birthday"),
        (
            with(&|c| c.identity_number = Some("1.1E+17".into())),
            "/identity_number",
        ),
        (with(&|c| c.store_id = foreign), "/store_id"),
        (
            with(&|c| c.consultant_id = nobody.map(|id: uuid::Uuid| id.into())),
            "/consultant_id",
        ),
        (
            with(&|c| c.introducer_customer_id = nobody.map(|id: uuid::Uuid| id.into())),
            "/introducer_customer_id",
        ),
    ];
    for (new, pointer) in cases {
        assert_eq!(
            at(f.engine.create_customer(&f.admin, None, new.clone()).await),
            (Code::FieldInvalid, pointer.to_owned()),
            "{pointer}"
        );
    }
    let taken = NewCustomer {
        external_ref: Some("crm-7".into()),
        ..good
    };
    f.engine.create_customer(&f.admin, None, taken.clone()).await.unwrap();
    let refusal = at(f.engine.create_customer(&f.admin, None, taken).await);
    assert_eq!(refusal, (Code::AlreadyExists, "/external_ref".to_owned()));
}

async fn another_chain_sees_nothing(on: Backend) {
    let f = Fixture::on(on).await;
    let id = f
        .engine
        .create_customer(&f.admin, None, f.customer("王芳", PHONE))
        .await
        .unwrap()
        .value
        .id;
    let stranger = Actor::system(create_chain(&f.engine, "other").await);
    assert_eq!(code(f.engine.customer(&stranger, id)), Code::NotFound);
    for query in [None, Some(PHONE), Some("5678"), Some("王芳")] {
        assert!(
            f.engine
                .customers(&stranger, &asked(query, &page()))
                .unwrap()
                .items
                .is_empty(),
            "{query:?}"
        );
    }
    assert!(f.engine.customer_briefs(stranger.chain, &[id]).unwrap().is_empty());
    let patch = CustomerChange::default();
    assert_eq!(
        code(f.engine.update_customer(&stranger, None, id, 1, patch).await),
        Code::NotFound
    );
}

async fn a_contact_moved_to_another_row_does_not_open(on: Backend) {
    let f = Fixture::on(on).await;
    let one = f
        .engine
        .create_customer(&f.admin, None, f.customer("王芳", PHONE))
        .await
        .unwrap()
        .value
        .id;
    let two = f
        .engine
        .create_customer(&f.admin, None, f.customer("李雷", "13900001111"))
        .await
        .unwrap()
        .value
        .id;
    let swap = f.engine.transact(&f.admin, None, "test.swap", move |tx| {
        let chain = Id::from(tx.chain());
        let row = customers::table
            .find((chain, Id::from(one)))
            .select((customers::data_key, customers::contact));
        let sealed: (Option<Vec<u8>>, Option<Vec<u8>>) = each!(tx.conn(), c => row.get_result(c)?);
        let row = customers::table.find((chain, Id::from(two)));
        each!(tx.conn(), c => diesel::update(row)
            .set((customers::data_key.eq(&sealed.0), customers::contact.eq(&sealed.1)))
            .execute(c)?);
        Ok(crate::store::Answer::no_content())
    });
    swap.await.unwrap();
    assert!(f.engine.customer(&f.admin, one).is_ok());
    assert_eq!(code(f.engine.customer(&f.admin, two)), Code::Internal);
}

async fn commands_learn_which_fields_are_filled_not_what_they_hold(on: Backend) {
    let f = Fixture::on(on).await;
    let one = f
        .engine
        .create_customer(&f.admin, None, f.customer("王芳", PHONE))
        .await
        .unwrap()
        .value
        .id;
    let mut new = f.customer("李雷", PHONE);
    (new.phones, new.birthday, new.form_of_address) = (Vec::new(), None, FormOfAddress::None);
    new.introducer_customer_id = Some(one);
    let two = f.engine.create_customer(&f.admin, None, new).await.unwrap().value.id;
    let facts = f.engine.register_facts(f.chain, one).unwrap();
    assert_eq!(facts.filled, ["name", "form_of_address", "phone", "birthday", "store"]);
    assert!(facts.birthday_month("2026-05-31".parse().unwrap()));
    assert!(!facts.birthday_month("2026-06-01".parse().unwrap()));
    let facts = f.engine.register_facts(f.chain, two).unwrap();
    assert_eq!(facts.filled, ["name", "store", "introducer"]);
    assert_eq!(facts.introducer, Some(one));

    let briefs = f.engine.customer_briefs(f.chain, &[one, two]).unwrap();
    assert_eq!(briefs[&one].phone_masked.as_deref(), Some("138****5678"));
    assert_eq!(
        (briefs[&two].display.zh.as_str(), briefs[&two].phone_masked.as_ref()),
        ("李**", None)
    );
    let lookup = Lookup::parse("5678").unwrap();
    assert_eq!(
        f.engine
            .find_customers(f.chain, &StoreScope::All, &lookup, None, 10)
            .unwrap(),
        [one]
    );
}
